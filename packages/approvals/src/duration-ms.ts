const unitMs = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `30min`, `4h` or `7d`; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})(s|min|h|d)$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(count) * unitMs[unit as keyof typeof unitMs]
}
