import { writeFileSync } from 'node:fs'

/** Takes every byte that is left on the disk of a file. Not for a disk that others need. */
export function fillDisk(file: string): void {
  for (let size = 1 << 20; size >= 1; size = Math.trunc(size / 2))
    try {
      while (true) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      // Full for this size; the next takes what is left.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
}
