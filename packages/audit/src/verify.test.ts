import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import { tamper } from '../test/tamper.ts'
import { fileTrail } from './file-trail.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
beforeAll(async () => {
  home = temporaryDirectory()
  const options = { section: { checkpoints: { every: 40 } }, file: { segmentBytesMax: 30_000 } }
  const logs = [await logIn(home.path, options), await logIn(home.path, options)]
  await Promise.all(logs.map((log, i) => recordCalls(log, 90, i)))
  for (const log of logs) await log.close()
})
afterAll(() => home.remove())

describe('verify', () => {
  it('finds nothing wrong with what was written', async () => {
    const result = await verify({ trail: fileTrail({ directory: directoryIn(home.path), server, environment }) })
    expect(result).toMatchObject({ exitCode: 0, findings: [], open: [], checkpoints: expect.any(Number) })
    expect(result.chains.map(({ chain, from }) => [chain, from])).toEqual([
      ['tickets-0', 1],
      ['tickets-1', 1],
    ])
    for (const { checkpoint, to } of result.chains) expect(checkpoint?.seq).toBe(to)
  })

  it('names every single change with its kind and its first record', { timeout: 60_000 }, async () => {
    const wrong: unknown[] = []
    for await (const result of tamper(directoryIn(home.path), join(home.path, 'scratch'), 198, 1))
      if (!result.right) wrong.push(result)
    expect(wrong).toEqual([])
  })
})
