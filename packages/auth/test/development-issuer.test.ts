import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DevelopmentClaims, developmentIssuer } from '../src/development-issuer.ts'
import { identitySection } from '../src/identity-section.ts'
import { createVerifier } from '../src/verifier.ts'
import { audience, outcomeOf, signal, testClock, verifierFor } from './setting.ts'

let data: string
beforeEach(() => {
  data = join(mkdtempSync(join(tmpdir(), 'postern-auth-')), 'data')
})
afterEach(() => rmSync(join(data, '..'), { recursive: true }))

const claims: DevelopmentClaims = {
  audience,
  subject: 'ada',
  tenant: 'acme',
  kind: 'user',
  actor: 'robot',
  scopes: ['tickets:read'],
  roles: ['support-agent'],
  attributes: { projects: ['OPS'], regions: ['EU'] },
  purposes: ['support'],
  readOnly: true,
  ttlSeconds: 3600,
}
const keyFile = () => join(data, 'development-issuer.json')
const verifierOf = (directory: string, now = Date.now) =>
  createVerifier(identitySection.parse({}), {
    environment: 'development',
    audience,
    developmentIssuer: developmentIssuer(directory),
    now,
  })

describe('developmentIssuer', () => {
  it('signs tokens that say all there is to say about a principal', async () => {
    const issuer = developmentIssuer(data)
    expect(await verifierOf(data).verify(issuer.sign(claims), signal)).toEqual({
      issuer: issuer.issuer,
      subject: 'ada',
      tenant: 'acme',
      kind: 'user',
      actor: 'robot',
      clientId: 'postern-development',
      credentialId: expect.any(String),
      issuedAt: expect.any(Number),
      expiresAt: expect.any(Number),
      scopes: ['tickets:read'],
      roles: ['support-agent'],
      attributes: { projects: ['OPS'], regions: ['EU'] },
      purposes: ['support'],
      readOnly: true,
    })
  })

  it('signs for an hour at most', async () => {
    const issuer = developmentIssuer(data)
    for (const ttlSeconds of [0, -1, 3601, 1.5, Number.NaN])
      expect(() => issuer.sign({ ...claims, ttlSeconds })).toThrow(RangeError)
    const token = issuer.sign(claims)
    expect(await outcomeOf(verifierOf(data, () => Date.now() + 3_606_000).verify(token, signal))).toBe('expired')
  })

  it('is refused by every other environment, by name', async () => {
    const token = developmentIssuer(data).sign(claims)
    const verifier = verifierFor(
      { issuer: 'https://id.example.com/', jwks: 'https://id.example.com/jwks' },
      testClock(),
    )
    await expect(verifier.verify(token, signal)).rejects.toMatchObject({
      kind: 'other_environment',
      otherEnvironment: 'development',
    })
    const use = () =>
      verifierFor(
        { issuer: 'https://id.example.com/', jwks: 'https://id.example.com/jwks' },
        testClock(),
        {},
        { developmentIssuer: developmentIssuer(data) },
      )
    expect(use).toThrow('A development issuer cannot be used in production.')
  })

  it('is refused where the data directory is another one, and for another server', async () => {
    const issuer = developmentIssuer(data)
    expect(await outcomeOf(verifierOf(join(data, 'other')).verify(issuer.sign(claims), signal))).toBe('invalid')
    const elsewhere = issuer.sign({ ...claims, audience: 'http://127.0.0.1:7301/mcp' })
    expect(await outcomeOf(verifierOf(data).verify(elsewhere, signal))).toBe('invalid')
  })

  it('keeps its key for its owner alone, and refuses one that others can read or that is damaged', () => {
    const { issuer } = developmentIssuer(data)
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600)
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect(developmentIssuer(data).issuer).toBe(issuer)
    chmodSync(keyFile(), 0o644)
    expect(() => developmentIssuer(data)).toThrow(/can be read by other users\. Delete it/)
    const secret = readFileSync(keyFile(), 'utf8')
    writeFileSync(keyFile(), secret.slice(0, -20))
    chmodSync(keyFile(), 0o600)
    expect(() => developmentIssuer(data)).toThrow(/is damaged\. Delete it/)
  })

  it('is the same for processes that make it at the same time', async () => {
    const source = new URL('../src/development-issuer.ts', import.meta.url).href
    const directories = Array.from({ length: 20 }, (_, i) => join(data, String(i)))
    const script = `
      const { developmentIssuer } = await import(${JSON.stringify(source)})
      process.send('ready')
      process.once('message', (directories) => process.send(directories.map((name) => developmentIssuer(name).issuer)))`
    const makers = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    )
    await Promise.all(makers.map((maker) => once(maker, 'message')))
    const made = makers.map((maker) => once(maker, 'message'))
    for (const maker of makers) maker.send(directories)
    const known = directories.map((directory) => developmentIssuer(directory).issuer)
    for (const [issuers] of await Promise.all(made)) expect(issuers).toEqual(known)
    for (const directory of directories) expect(readdirSync(directory)).toEqual(['development-issuer.json'])
    for (const maker of makers) maker.kill()
  })
})
