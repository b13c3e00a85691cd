import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const syncs = 100
const bytes = Buffer.alloc(600, 'x')

/** What it takes to put the bytes of a record on this disk, in milliseconds (median): no promise can cost less. */
export function syncAlone(directory: string): number {
  const file = join(directory, 'sync-alone')
  const fd = openSync(file, 'a')
  try {
    const times = Array.from({ length: syncs }, () => {
      const began = performance.now()
      writeSync(fd, bytes)
      fdatasyncSync(fd)
      return performance.now() - began
    })
    return times.sort((a, b) => a - b)[syncs / 2] ?? Number.NaN
  } finally {
    closeSync(fd)
    rmSync(file)
  }
}
