import { StartError } from '../../environment/start-error.ts'

const units: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * A time as a person writes it: `2026-01-31`, `2026-01-31T09:30:00Z`, or how long ago (`90min`, `24h`, `30d`).
 *
 * @returns ISO 8601
 */
export function instant(text: string, option: string, now: Date = new Date()): string {
  const [, count, unit] = /^(\d{1,6})(min|h|d)$/.exec(text) ?? []
  const time = count === undefined ? new Date(text) : new Date(now.getTime() - Number(count) * (units[unit ?? ''] ?? 0))
  // Without this guard "12" would be December 2001.
  const dated = count !== undefined || /^\d{4}-\d{2}/.test(text)
  if (dated && !Number.isNaN(time.getTime())) return time.toISOString()
  throw new StartError(
    `--${option} ${text.slice(0, 64)} is not a time. Write it like 2026-01-31, 2026-01-31T09:30:00Z, or 24h for that long ago.`,
  )
}
