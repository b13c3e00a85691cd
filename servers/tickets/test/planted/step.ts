import type { Reply } from './caller.ts'

/** One call with something planted in it. */
export interface Step {
  readonly what: string
  /** How it has to end: what is refused before it is read has shown nothing. */
  readonly ends: string
  /** How many audit records it leaves. */
  readonly records: number
  send(): Promise<Reply>
}

export interface Taken {
  /** How each step ended, and how it should have. */
  readonly ended: Readonly<Record<string, string>>
  readonly expected: Readonly<Record<string, string>>
  readonly records: number
}

/** Takes steps one after the other, since later ones ask for what earlier ones have made. */
export async function take(steps: readonly Step[]): Promise<Taken> {
  const ended: Record<string, string> = {}
  const expected: Record<string, string> = {}
  let records = 0
  for (const step of steps) {
    ended[step.what] = (await step.send()).ends
    expected[step.what] = step.ends
    records += step.records
  }
  return { ended, expected, records }
}

export function step(what: string, ends: string, records: number, send: Step['send']): Step {
  return { what, ends, records, send }
}
