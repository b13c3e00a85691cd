import type { Stage } from '../domain/stage.ts'
import type { Dice } from './dice.ts'

const dayMs = 24 * 60 * 60 * 1000
const firstDay = Date.parse('2023-02-01T08:00:00Z')
const lastDay = Date.parse('2026-07-15T17:00:00Z')
/** After this day nobody became a customer. */
const lastStart = Date.parse('2026-05-15T08:00:00Z')

const won: readonly Stage[] = ['qualification', 'discovery', 'proposal', 'negotiation', 'closed_won']

/** When a customer became known: more of them lately. */
export function startOf(dice: Dice): number {
  return Math.floor(lastStart - dice.next() ** 1.5 * (lastStart - firstDay))
}

/** So many moments between a start and the last day, one after the other, in working hours. */
export function momentsAfter(start: number, count: number, dice: Dice): number[] {
  return Array.from({ length: count }, () => start + dice.next() * (lastDay - start))
    .map((ms) => Math.floor(ms / dayMs) * dayMs + dice.whole(8 * 3600, 17 * 3600) * 1000)
    .filter((ms) => ms > start && ms <= lastDay)
    .sort((a, b) => a - b)
}

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Some days after a moment, such as 2026-03-14. */
export function dayAfter(ms: number, dice: Dice): string {
  return dayOf(ms + dice.whole(3, 40) * dayMs)
}

/** The day a deal should close that is open now. */
export function dayAhead(dice: Dice): string {
  return dayOf(lastDay + dice.whole(10, 150) * dayMs)
}

/** The stages a deal went through, the present one last. */
export function pathTo(stage: Stage, dice: Dice): readonly Stage[] {
  if (stage === 'closed_lost') return [...won.slice(0, dice.whole(1, 4)), stage]
  return won.slice(0, won.indexOf(stage) + 1)
}
