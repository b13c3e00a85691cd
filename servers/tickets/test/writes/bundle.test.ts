import { join } from 'node:path'
import { strikeHeader } from '@postern/host/testing/faults'
import { type HttpServer, modernHeaders, modernRequest, startHttp } from '@postern/testing'
import { expect, it } from 'vitest'

const environment = join(import.meta.dirname, '../../environments/development.yaml')
const launch = { server: 'tickets', environment }

it('the bundle has no fault points: neither a request nor a variable reaches one', async () => {
  const server = await startHttp({ ...launch, env: { TRIAL_LEASE_MS: '1' } })
  try {
    for (const at of ['K1', 'K2', 'K2b', 'K5', 'K6']) expect(await draft(server, at)).toMatchObject({ status: 'ok' })
    expect(server.running).toBe(true)
  } finally {
    await server.kill()
  }
})

it('the bundle does not even start with a variable that names a fault', async () => {
  await expect(startHttp({ ...launch, env: { POSTERN_FAULTS: 'K2' } })).rejects.toThrow(
    'POSTERN_FAULTS is not a variable of Postern',
  )
})

/** A write that the test's own program would not survive. */
async function draft(server: HttpServer, at: string): Promise<unknown> {
  const args = { project_key: 'OPS', title: `Struck at ${at}`, idempotency_key: `struck-at-point-${at}` }
  const { json } = await server.request({
    headers: {
      ...modernHeaders('tools/call', 'draft_ticket'),
      [strikeHeader]: JSON.stringify({ at, do: 'die', id: at }),
    },
    body: modernRequest(1, 'tools/call', { name: 'draft_ticket', arguments: args }),
  })
  return (json as { result?: { structuredContent?: unknown } }).result?.structuredContent
}
