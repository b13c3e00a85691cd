import { expect, it } from 'vitest'
import { proveTenants } from './tenants.prove.ts'

const calls = 200

it(`keeps two tenants with the same customers apart in ${calls} mixed calls`, { timeout: 60_000 }, async () => {
  const { answered, backendCalls, examples, ...figures } = await proveTenants({ calls, seed: 20_260_101 })
  expect(examples).toEqual([])
  expect(figures).toEqual({ calls, differentAnswers: 0, differentBackendCalls: 0, leaks: 0 })
  // Something was asked and answered, so that there was something to tell apart.
  expect(answered).toBeGreaterThan(calls / 4)
  expect(backendCalls).toBeGreaterThan(calls / 2)
})
