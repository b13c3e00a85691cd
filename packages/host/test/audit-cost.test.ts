import { expect, it } from 'vitest'
import { proveAuditCost } from './audit-cost.prove.ts'

const time = String.raw`\d+\.\d+ ms`
const ratio = String.raw`\d+\.\d\d \(${time} / ${time}\)`

/** How fast is for `npm run prove -- audit` to say: a machine full of tests is no place to measure. */
it('a call costs something with audit and without it, and has its records with it: 6 turns', {
  timeout: 120_000,
}, async () => {
  const figures = Object.entries(await proveAuditCost({ rounds: 6, many: 8, seed: 4, log: () => {} }))
  const shown = (what: string) => figures.flatMap(([claim, value]) => (claim.endsWith(what) ? [value] : []))

  expect(shown('those without it none')).toEqual([
    expect.stringMatching(/^0 wrong of [1-9]/),
    expect.stringMatching(/^0 wrong of [1-9]/),
  ])
  const costs = shown('with audit ÷ without')
  expect(costs).toHaveLength(8)
  for (const cost of costs) expect(cost).toMatch(new RegExp(`p50 ${ratio}, p99 ${ratio}; `))
})
