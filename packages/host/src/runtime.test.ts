import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestHost, testHost } from './testing/index.ts'
import { notesServer } from './testing/notes-server.ts'

describe('a server without a transport', () => {
  let host: TestHost
  beforeAll(async () => {
    host = await testHost(notesServer, { environmentFile: join(import.meta.dirname, 'testing', 'notes.yaml') })
  })
  afterAll(() => host.close())

  const key = (n: number) => `idempotency-key-${n}`

  it('answers with the data under one noun', async () => {
    expect(await host.call('get_note', { id: 'n1' })).toEqual({ status: 'ok', note: { id: 'n1', text: 'A note.' } })
  })

  it('tells callers who they are and what they may do', async () => {
    expect(await host.call('whoami', {}, { as: 'ben' })).toMatchObject({
      identity: {
        subject: 'ben',
        tenant: 'acme',
        roles: ['reader'],
        environment: 'development',
        server: { name: 'notes' },
      },
    })
    const { scopes } = await host.call('list_scopes', {})
    expect(scopes).toContainEqual({
      name: 'write_note',
      allowed: true,
      rule: 'roles.writer',
      rows: ['rows of your tenant where project is your projects'],
      rate: '3 calls a day',
    })
  })

  it.each([
    ['a tool that does not exist', 'drop_table', {}, 'ana', 'NOT_FOUND', 'unknown_tool'],
    ['a tool named like an inherited member', 'constructor', {}, 'ana', 'NOT_FOUND', 'unknown_tool'],
    [
      'a tool that is not granted',
      'write_note',
      { text: 'x', idempotency_key: key(1) },
      'ben',
      'PERMISSION_DENIED',
      'not_granted',
    ],
    ['a caller without a role', 'whoami', {}, 'nix', 'PERMISSION_DENIED', 'not_granted'],
    ['a record of another project', 'get_note', { id: 'n1' }, 'ben', 'NOT_FOUND', 'absent'],
    ['a record of another tenant', 'get_note', { id: 'n1' }, 'eve', 'NOT_FOUND', 'absent'],
    ['a record that does not exist', 'get_note', { id: 'n2' }, 'ana', 'NOT_FOUND', 'absent'],
    ['an unknown field', 'get_note', { id: 'n1', colour: 'crimson' }, 'ana', 'VALIDATION_ERROR', 'schema'],
    ['a wrong type', 'get_note', { id: 7 }, 'ana', 'VALIDATION_ERROR', 'schema'],
    ['a missing field', 'get_note', {}, 'ana', 'VALIDATION_ERROR', 'schema'],
    ['a text too long', 'get_note', { id: 'x'.repeat(21) }, 'ana', 'VALIDATION_ERROR', 'schema'],
    ['input that is no object', 'get_note', 'n1', 'ana', 'VALIDATION_ERROR', 'schema'],
    ['input too large', 'get_note', { id: 'x'.repeat(2000) }, 'ana', 'VALIDATION_ERROR', 'too_large'],
    ['a write without its key', 'write_note', { text: 'x' }, 'ana', 'VALIDATION_ERROR', 'schema'],
    ['a read with a key', 'get_note', { id: 'n1', idempotency_key: key(2) }, 'ana', 'VALIDATION_ERROR', 'schema'],
    ['a bug of ours', 'get_note', { id: 'boom' }, 'ana', 'INTERNAL', 'bug'],
    ['an answer that breaks its contract', 'get_note', { id: 'drift' }, 'ana', 'INTERNAL', 'output_contract'],
  ])('refuses %s', async (_case, tool, input, as, code, reason) => {
    const answer = await host.call(tool, input, { as })
    expect(answer).toMatchObject({
      status: 'error',
      error: { code, details: { reason }, request_id: expect.any(String) },
    })
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|db\.internal|xxxxx|crimson/)
  })

  it('names the fault, the rule and what would be right', async () => {
    const answer = await host.call('get_note', { id: 7, size: 'huge', colour: 'crimson' })
    expect((answer['error'] as { details: unknown }).details).toEqual({
      reason: 'schema',
      issues: [
        { path: 'id', rule: 'type', expected: 'a value of type string' },
        { path: 'size', rule: 'enum', expected: 'one of small, large' },
        { path: 'colour', rule: 'unknown_field', expected: 'no such field; leave it out' },
      ],
    })
    const missing = await host.call('get_note', {})
    expect(missing).toMatchObject({ error: { details: { issues: [{ path: 'id', rule: 'required' }] } } })
  })

  it('tells whom to ask where the caller is stuck', async () => {
    expect(await host.call('write_note', {}, { as: 'ben' })).toMatchObject({
      error: { next_step: expect.stringMatching(/Contact: help@example\.com\.$/) },
    })
  })

  it('answers a stranger before it looks at the input', async () => {
    expect(await host.call('write_note', { nonsense: true }, { as: 'ben' })).toMatchObject({
      error: { code: 'PERMISSION_DENIED' },
    })
  })

  it('holds a role to the rate of its tool', async () => {
    const answers = []
    for (let i = 0; i < 5; i++)
      answers.push(await host.call('write_note', { text: 'x', idempotency_key: key(10 + i) }, { as: 'eve' }))
    expect(answers.filter((answer) => answer['status'] === 'ok')).toHaveLength(3)
    expect(answers[4]).toMatchObject({
      error: {
        code: 'RATE_LIMITED',
        retryable: true,
        retry_after_ms: expect.any(Number),
        message: 'write_note allows 3 calls a day for you.',
      },
    })
  })

  it('lists to each caller what it may use', () => {
    const shown = (name: string) =>
      notesServer.tools.filter((tool) => host.runtime.lists(host.principal(name), tool.name)).map((tool) => tool.name)
    expect(shown('ana')).toEqual(['whoami', 'list_scopes', 'get_note', 'write_note'])
    expect(shown('ben')).toEqual(['whoami', 'get_note'])
    expect(shown('nix')).toEqual([])
  })

  it('lets a client narrow its purpose and not widen it', async () => {
    const call = async (purpose: string) => {
      const reply = await host.runtime.call({
        target: host.runtime.tool('whoami'),
        input: {},
        principal: host.principal('ana'),
        client: { transport: 'internal', era: 'internal', purpose },
        signal: new AbortController().signal,
      })
      return JSON.parse(reply.text)
    }
    expect(await call('support')).toMatchObject({ identity: { purposes: ['support'] } })
    expect(await call('root')).toMatchObject({ error: { code: 'PERMISSION_DENIED', details: { reason: 'purpose' } } })
  })
})
