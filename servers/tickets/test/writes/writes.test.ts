import { keepsWrites, proveWrites } from '@postern/host/testing/writes'
import { expect, it } from 'vitest'
import { ticketsSubject } from './tickets-subject.ts'

it('opens a ticket and keeps a draft once, whatever dies: 8 rounds', { timeout: 60_000 }, async () => {
  const log: string[] = []
  const figures = await proveWrites({
    rounds: 8,
    seed: 2,
    perKill: 3,
    subjects: [ticketsSubject],
    log: (line) => void log.push(line),
  })
  expect(keepsWrites(figures), `${JSON.stringify(figures, undefined, 1)}\n${log.join('\n')}`).toBe(true)
})
