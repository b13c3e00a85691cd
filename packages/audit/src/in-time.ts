import { setTimeout as delay } from 'node:timers/promises'

/** What a promise brings, if it comes in time; a disk that hangs brings nothing for ever. */
export async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  const waiting = new AbortController()
  const late = delay(ms, undefined, { ref: false, signal: waiting.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    waiting.abort()
  }
}
