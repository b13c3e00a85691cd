import { expect, it } from 'vitest'
import { keepsThroughKills, recordedThroughKills } from './recorded-through-kills.prove.ts'

it('every answer and every ticket has its record, through kills: 500 calls', { timeout: 120_000 }, async () => {
  const figures = await recordedThroughKills({ calls: 500, seed: 3, log: () => {} })
  expect(keepsThroughKills(figures), JSON.stringify(figures)).toBe(true)
  expect(figures.effects).toBeGreaterThan(20)
})
