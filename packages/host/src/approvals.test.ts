import { join } from 'node:path'
import { decideApproval } from '@postern/approvals'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestHost, testHost } from './testing/index.ts'
import { notesServer } from './testing/notes-server.ts'

const environmentFile = join(import.meta.dirname, 'testing', 'notes-approvals.yaml')

describe('a write that a person approves', () => {
  let host: TestHost
  let second: TestHost
  beforeAll(async () => {
    host = await testHost(notesServer, { environmentFile })
    // Another process of the same deployment would open the same store in the same way.
    second = await testHost(notesServer, { environmentFile, dataDirectory: host.dataDirectory })
  })
  afterAll(async () => {
    await second.close()
    await host.close()
  })

  const write = (n: number, on: TestHost = host, text = `text ${n}`) =>
    on.call('write_note', { text, idempotency_key: `approval-test-key-${n}` })
  const requested = async (n: number): Promise<string> => {
    const answer = await write(n)
    expect(answer).toMatchObject({
      error: { code: 'APPROVAL_REQUIRED', details: { reason: 'pending', approvers: ['manager'] } },
    })
    return (answer['error'] as { details: { approval_id: string } }).details.approval_id
  }
  const decide = (id: string, decision: 'approved' | 'denied', as = 'may') =>
    decideApproval(host.desk, { id, decision, approver: host.principal(as) })

  it('says what to do, and the same thing again until it is done', async () => {
    const id = await requested(1)
    expect(await write(1)).toMatchObject({
      error: { next_step: expect.stringContaining(`postern approvals approve ${id}`) },
    })
    expect(await requested(1)).toBe(id)
  })

  it('goes through once another identity has approved, and a replay asks nobody', async () => {
    const id = await requested(2)
    await decide(id, 'approved')
    const done = await write(2)
    expect(done).toEqual({ status: 'ok', note: { text: 'text 2' } })
    expect(await write(2)).toEqual(done)
  })

  it('goes through in another process of the deployment', async () => {
    await decide(await requested(3), 'approved')
    expect(await write(3, second)).toMatchObject({ status: 'ok' })
  })

  it('is refused once it was denied', async () => {
    await decide(await requested(4), 'denied')
    expect(await write(4)).toMatchObject({
      error: { code: 'PERMISSION_DENIED', details: { reason: 'approval_denied' } },
    })
  })

  it('needs an approval of its own for other arguments and for another key', async () => {
    const id = await requested(5)
    await decide(id, 'approved')
    expect(await requested(6)).not.toBe(id)
    expect(await write(5, host, 'other text')).toMatchObject({ error: { code: 'APPROVAL_REQUIRED' } })
  })

  it('is not approved by the caller, nor by another tenant', async () => {
    const id = await requested(7)
    await expect(decide(id, 'approved', 'ana')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    await expect(decide(id, 'approved', 'out')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await write(7)).toMatchObject({ error: { code: 'APPROVAL_REQUIRED' } })
  })

  it('is announced by list_scopes', async () => {
    const { scopes } = await host.call('list_scopes', {})
    expect(scopes).toContainEqual(expect.objectContaining({ name: 'write_note', approval: 'always, by manager' }))
  })
})
