import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { collectReferences, credentialReference } from './credential-reference.ts'

describe('credentialReference', () => {
  it.each([
    ['a file', 'file:/run/secrets/jira'],
    ['a variable', 'env:JIRA_TOKEN'],
    ['current alone', { current: 'file:/a' }],
    ['a rotation with a tag', { current: 'file:/a', next: 'file:/b', environment: 'staging' }],
  ])('takes %s', (_case, reference) => {
    expect(credentialReference.parse(reference)).toEqual(reference)
  })

  it.each([
    ['a secret', 'hunter2-hunter2', /a secret never stands in this file/],
    ['a secret as current', { current: 'hunter2-hunter2' }, /a secret never stands in this file/],
    ['a secret as next', { current: 'file:/a', next: 'hunter2-hunter2' }, /a secret never stands in this file/],
    ['a relative path', 'file:secrets/hunter2-hunter2', /absolute path/],
    ['an empty path', 'file:', /absolute path/],
    ['something that is no name', 'env:hunter2-hunter2', /name of an environment variable/],
  ])('refuses %s without repeating it', (_case, reference, message) => {
    const { error } = z.strictObject({ credential: credentialReference }).safeParse({ credential: reference })
    expect(JSON.stringify(error?.issues)).toMatch(message)
    expect(JSON.stringify(error?.issues)).not.toContain('hunter2')
  })

  it.each([
    [{ next: 'file:/b' }],
    [{ current: 'file:/a', nxt: 'file:/b' }],
    [{ current: 'file:/a', environment: 'Prod!' }],
    [7],
  ])('refuses %j', (reference) => {
    expect(credentialReference.safeParse(reference).success).toBe(false)
  })

  it('can be shown to an editor as JSON Schema', () => {
    expect(z.toJSONSchema(credentialReference, { io: 'input' })).toHaveProperty('anyOf')
  })
})

describe('collectReferences', () => {
  it('finds every reference of a file by its dotted path', () => {
    const file = {
      environment: 'staging',
      store: { kind: 'postgres', url: 'file:/run/secrets/db' },
      identity: { issuers: [{ introspection: { client_secret: { current: 'file:/a', next: 'file:/b' } } }] },
      escalation: { contact: 'ops@example.com' },
      audit: { retention: null },
    }
    expect(collectReferences(file)).toEqual({
      'store.url': 'file:/run/secrets/db',
      'identity.issuers.0.introspection.client_secret': { current: 'file:/a', next: 'file:/b' },
    })
  })
})
