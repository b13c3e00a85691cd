import { StartError } from '../../environment/start-error.ts'

const units: Readonly<Record<string, number>> = { m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * A time as a person writes it: `2026-01-31`, `2026-01-31T09:30:00Z`, or how long ago (`30m`, `24h`, `7d ago`).
 *
 * @returns ISO 8601
 */
export function instant(text: string, option: string, now: Date = new Date()): string {
  const [, count, unit] = /^(\d{1,6})(m|min|h|d)(?: ago)?$/.exec(text) ?? []
  const time = count === undefined ? new Date(text) : new Date(now.getTime() - Number(count) * (units[unit ?? ''] ?? 0))
  // Without this guard "12" would be December 2001.
  const dated = count !== undefined || /^\d{4}-\d{2}/.test(text)
  if (dated && !Number.isNaN(time.getTime())) return time.toISOString()
  throw new StartError(
    `--${option} ${text.slice(0, 64)} is not a time. Write it like 2026-01-31 or 2026-01-31T09:30:00Z, or how long ago: 30m, 24h, 7d.`,
  )
}

interface Stretch {
  readonly since?: string
  readonly until?: string
}

/**
 * The times of `--since` and `--until`.
 *
 * @throws StartError where no record can lie between them: an empty answer would look like one
 */
export function stretch(options: Readonly<Record<string, string>>, now: Date = new Date()): Stretch {
  const { since: from, until: to } = options
  const since = from === undefined ? undefined : instant(from, 'since', now)
  const until = to === undefined ? undefined : instant(to, 'until', now)
  if (since !== undefined && since > now.toISOString())
    throw new StartError(`--since ${from} lies in the future: nothing can be recorded there.`)
  if (since !== undefined && until !== undefined && since >= until)
    throw new StartError('--since must be before --until.')
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) }
}
