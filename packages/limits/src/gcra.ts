import type { Rate } from './parse-rate.ts'

/** A rate in whole microseconds, so that the same arithmetic gives the same verdict in memory and in SQL. */
export interface Spacing {
  /** From one call to the next, when they come evenly. */
  readonly intervalUs: number
  /** How far ahead of the clock a caller may be: the burst. */
  readonly toleranceUs: number
}

export function spacing(rate: Rate): Spacing {
  // Rounded down and multiplied up again: the burst stays exact, the rate errs by under a microsecond a call.
  const intervalUs = Math.max(1, Math.floor((rate.perMs * 1000) / rate.calls))
  return { intervalUs, toleranceUs: intervalUs * rate.calls }
}

/**
 * The generic cell rate algorithm (ITU-T I.371): one number per key, the theoretical arrival time of the next call.
 *
 * @param arrivalUs the stored number, or undefined for a new key
 * @returns the number to store; or how long to wait, and nothing to store: a refused call costs nothing
 */
export function gcra(
  arrivalUs: number | undefined,
  nowUs: number,
  { intervalUs, toleranceUs }: Spacing,
): { readonly admitted: true; readonly arrivalUs: number } | { readonly admitted: false; readonly waitMs: number } {
  const next = Math.max(arrivalUs ?? nowUs, nowUs) + intervalUs
  const aheadUs = next - nowUs - toleranceUs
  return aheadUs <= 0 ? { admitted: true, arrivalUs: next } : { admitted: false, waitMs: Math.ceil(aheadUs / 1000) }
}
