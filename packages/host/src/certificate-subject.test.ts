import { X509Certificate } from 'node:crypto'
import { certificate, type Subject } from '@postern/testing'
import { describe, expect, it } from 'vitest'
import { certificateSubject } from './certificate-subject.ts'

/** By way of a real certificate, because Node.js decides in which form we see it. */
function subjectOf(subject: Subject): string {
  const { cert } = certificate(subject)
  return certificateSubject(new X509Certificate(cert).toLegacyObject().subject as unknown as Record<string, string>)
}

describe('the subject of a certificate', () => {
  it.each<[Subject, string]>([
    [{ CN: 'agent' }, 'CN=agent'],
    [{ O: 'acme', CN: 'agent' }, 'CN=agent,O=acme'],
    [{ O: 'acme', OU: ['robots', 'night shift'], CN: 'agent' }, 'CN=agent,OU=night shift,OU=robots,O=acme'],
    [{ CN: 'agent,O=acme' }, 'CN=agent\\,O=acme'],
    [{ O: 'acme, Inc.', CN: 'a+b' }, 'CN=a\\+b,O=acme\\, Inc.'],
    [{ CN: ' #x\\ ' }, 'CN=\\ #x\\\\\\ '],
    [{ CN: '#x' }, 'CN=\\#x'],
    [{ CN: 'Zoë' }, 'CN=Zoë'],
  ])('%j is written %s', (subject, text) => {
    expect(subjectOf(subject)).toBe(text)
  })
})
