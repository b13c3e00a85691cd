/** So many calls in that time: up to `calls` at once, then evenly refilled. */
export interface Rate {
  readonly calls: number
  readonly perMs: number
}

const units = { s: 1000, min: 60_000, h: 3_600_000, day: 86_400_000 } as const
const words = { s: 'a second', min: 'a minute', h: 'an hour', day: 'a day' } as const
type Unit = keyof typeof units

export const rateForm = /^([1-9]\d{0,6})\/(s|min|h|day)$/

/**
 * Reads a rate such as `20/min`: up to 9,999,999 calls per s, min, h or day.
 *
 * @throws TypeError for text of another form; the environment file's schema has refused such text before
 */
export function parseRate(text: string): Rate {
  const [, calls, unit] = rateForm.exec(text) ?? []
  if (calls === undefined || unit === undefined) throw new TypeError(`${text} is not a rate such as 20/min`)
  return { calls: Number(calls), perMs: units[unit as Unit] }
}

/** A rate in words: `20 calls a minute`. */
export function describeRate(rate: Rate): string {
  const unit = (Object.keys(units) as Unit[]).find((name) => units[name] === rate.perMs)
  const per = unit === undefined ? `in ${rate.perMs} ms` : words[unit]
  return `${rate.calls} ${rate.calls === 1 ? 'call' : 'calls'} ${per}`
}
