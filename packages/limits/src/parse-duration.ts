const units = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 } as const

export const durationForm = /^([1-9]\d{0,6})(ms|s|min|h)$/

/**
 * Reads a time such as `5s`, `500ms` or `2min` as milliseconds.
 *
 * @throws TypeError for text of another form
 */
export function parseDuration(text: string): number {
  const [, count, unit] = durationForm.exec(text) ?? []
  if (count === undefined || unit === undefined) throw new TypeError(`${text} is not a time such as 5s`)
  return Number(count) * units[unit as keyof typeof units]
}
