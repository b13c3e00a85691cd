import { printable } from './printable.ts'

/** A time as people read it: `2026-11-20 11:52:49Z`, always UTC. What is no time is shown as it is, safely. */
export function when(iso: string): string {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(iso) ? `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z` : printable(iso)
}
