import { expect, it } from 'vitest'
import { keepsKeys, proveKeys } from './keys.prove.ts'
import { keepsParallel, proveParallel } from './parallel.prove.ts'
import { keepsWrites, proveWrites } from './writes.prove.ts'

const log: string[] = []
const said = () => log.join('\n')
const note = (line: string) => void log.push(line)

it('writes happen once, whatever dies: 30 rounds of K1 to K9', { timeout: 120_000 }, async () => {
  const figures = await proveWrites({ rounds: 30, seed: 4, perKill: 4, log: note })
  expect(keepsWrites(figures), `${JSON.stringify(figures, undefined, 1)}\n${said()}`).toBe(true)
})

it('24 repetitions at once over three processes: one effect each, 5 rounds', { timeout: 120_000 }, async () => {
  const figures = await proveParallel({ rounds: 5, seed: 4, log: note })
  expect(keepsParallel(figures), `${JSON.stringify(figures, undefined, 1)}\n${said()}`).toBe(true)
})

it('a key is its caller’s, its tool’s and its arguments’, and says nothing to others: 40 tries', async () => {
  const figures = await proveKeys({ rounds: 40, seed: 4 })
  expect(keepsKeys(figures), JSON.stringify(figures)).toBe(true)
})
