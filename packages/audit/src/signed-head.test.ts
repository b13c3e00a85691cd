import { expect, it } from 'vitest'
import { signCheckpoint } from './checkpoint.ts'
import { checkpointKeyFromSeed } from './checkpoint-key.ts'
import { signedHead } from './signed-head.ts'

const key = checkpointKeyFromSeed(Buffer.alloc(32, 1))
const trail = { environment: 'development', server: 'tickets', sink: 'file' as const }
const lineOf = (seq: number, by = key, writer = 'tickets-0') =>
  signCheckpoint(
    { ...trail, writer, time: '2026-01-31T10:00:00.000Z', heads: [{ chain: 'tickets-0', seq, hash: `h${seq}` }] },
    by,
  )
const never = () => new Promise<undefined>(() => {})

it('is the newest of all places, and waits for none that hangs or fails', { timeout: 20_000 }, async () => {
  const places = [never, async () => lineOf(7), () => Promise.reject(new Error('away')), async () => lineOf(9)]
  expect(await signedHead(places, key, trail)('tickets-0')).toMatchObject({ seq: 9, hash: 'h9' })
})

it('does not count what the key has not signed, what another writer signed, and what is no checkpoint', async () => {
  const other = checkpointKeyFromSeed(Buffer.alloc(32, 2))
  const lines = [lineOf(7, other), lineOf(8, key, 'tickets-1'), '{"half', lineOf(9).replace('"seq":9', '"seq":10')]
  const places = lines.map((line) => async () => line)
  expect(await signedHead(places, key, trail)('tickets-0')).toBeUndefined()
})
