import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type FakeUpstream, startFakeUpstream } from './start-fake-upstream.ts'
import type { UpstreamFault } from './upstream-fault.ts'

describe('the fake upstream', () => {
  let fake: FakeUpstream
  beforeAll(async () => {
    fake = await startFakeUpstream({ searchLagMs: 200 })
  })
  afterAll(() => fake.stop())

  const ask = (method: string, path: string, body?: object, key = '') =>
    fetch(`${fake.url}/${path}`, {
      method,
      headers: { 'idempotency-key': key },
      ...(body && { body: JSON.stringify(body) }),
    })

  it('gives one answer for one key, and counts one effect', async () => {
    const post = async (key: string) => (await ask('POST', 'native-key/entries', { marker: 'keyed' }, key)).json()
    const first = await post('a')
    expect(await post('a')).toEqual(first)
    expect(await fake.count('keyed')).toBe(1)
    expect(await post('b')).not.toEqual(first)
    expect(await fake.count('keyed')).toBe(2)
  })

  it('creates an id once, says so, and reads it', async () => {
    const put = () => ask('PUT', 'client-id/entries/x1', { marker: 'chosen' })
    expect([(await put()).status, (await put()).status]).toEqual([200, 409])
    expect(await (await ask('GET', 'client-id/entries/x1')).json()).toMatchObject({ id: 'x1', marker: 'chosen' })
    expect(await fake.count('chosen')).toBe(1)
  })

  it('finds by a label, but not at once; without one it counts every request', async () => {
    await ask('POST', 'search/entries', { marker: 'labelled', label: 'l1' })
    const found = async () => (await (await ask('GET', 'search/entries?label=l1')).json()) as unknown[]
    expect(await found()).toEqual([])
    await vi.waitFor(async () => expect(await found()).toMatchObject([{ marker: 'labelled' }]))
    await ask('POST', 'plain/entries', { marker: 'plain' })
    await ask('POST', 'plain/entries', { marker: 'plain' })
    expect(await fake.count('plain')).toBe(2)
  })

  it('changes an entry once for one key', async () => {
    const { id } = (await (await ask('POST', 'plain/entries', { marker: 'before' })).json()) as { id: string }
    const cancel = () => ask('POST', `entries/${id}/cancel`, { marker: 'cancelled' }, 'c')
    expect(await (await cancel()).json()).toMatchObject({ id, cancelled: true })
    await cancel()
    expect(await fake.count('cancelled')).toBe(1)
    expect((await ask('POST', 'entries/none/cancel', { marker: 'cancelled' }, 'd')).status).toBe(404)
  })

  it.each<[UpstreamFault, number | 'no answer', number]>([
    [{ do: 'reset', at: 'before' }, 'no answer', 0],
    [{ do: 'reset', at: 'after' }, 'no answer', 1],
    [{ do: 'unavailable', at: 'before' }, 503, 0],
    [{ do: 'unavailable', at: 'after' }, 503, 1],
    [{ do: 'limit', at: 'before' }, 429, 0],
    [{ do: 'refuse', at: 'before' }, 422, 0],
    [{ do: 'slow', at: 'before', ms: 1 }, 200, 1],
  ])('misbehaves once: %j', async (fault, expected, effects) => {
    const marker = JSON.stringify(fault)
    const post = () =>
      ask('POST', 'plain/entries', { marker }).then(
        ({ status }) => status,
        () => 'no answer',
      )
    await fake.fail(marker, fault)
    expect(await post()).toBe(expected)
    expect(await fake.count(marker)).toBe(effects)
    expect(await post()).toBe(200)
  })

  it('holds a request until it is released, and says when it does', async () => {
    await fake.fail('held', { do: 'hold', at: 'after' })
    const asked = ask('POST', 'plain/entries', { marker: 'held' })
    await fake.held('held')
    expect(await fake.count('held')).toBe(1)
    await fake.release('held')
    expect((await asked).status).toBe(200)
  })

  it('kills a process and drops the connection', async () => {
    const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const gone = once(victim, 'exit')
    await fake.fail('deadly', { do: 'kill', at: 'before', pid: victim.pid ?? 0 })
    await expect(ask('POST', 'plain/entries', { marker: 'deadly' })).rejects.toThrow('fetch failed')
    expect(await gone).toEqual([null, 'SIGKILL'])
    expect(await fake.count('deadly')).toBe(0)
  })
})
