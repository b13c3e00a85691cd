import { type Disk, realDisk } from '../src/group-commit.ts'

export type DiskFault =
  | 'none'
  | 'full'
  | 'half'
  | 'read-only'
  | 'hung'
  | 'hung-then-written'
  | 'sync-fails'
  | 'sync-hangs'

/** A real disk that can be told to fail. What it holds back is done, or dropped, when the fault ends. */
export class FaultyDisk implements Disk {
  #fault: DiskFault = 'none'
  #held: (() => void)[] = []
  /** A real call that hangs keeps the process; what is held back here has to do the same. */
  #alive: NodeJS.Timeout | undefined
  writes = 0
  syncs = 0

  set fault(fault: DiskFault) {
    this.#fault = fault
    clearInterval(this.#alive)
    this.#alive = fault.includes('hung') || fault === 'sync-hangs' ? setInterval(() => {}, 1_000) : undefined
    const held = this.#held
    this.#held = []
    for (const done of held) done()
  }

  write(fd: number, bytes: Uint8Array, done: (error: Error | null, written: number) => void): void {
    this.writes += 1
    switch (this.#fault) {
      case 'full':
        done(failure('ENOSPC', 'no space left on device'), 0)
        break
      case 'read-only':
        done(failure('EROFS', 'read-only file system'), 0)
        break
      case 'half':
        // A disk that fills up in the middle of a line takes what fits, and says no to the rest.
        this.#fault = 'full'
        realDisk.write(fd, bytes.subarray(0, Math.ceil(bytes.length / 2)), done)
        break
      case 'hung':
        this.#held.push(() => done(failure('EIO', 'i/o error'), 0))
        break
      case 'hung-then-written':
        this.#held.push(() => realDisk.write(fd, bytes, done))
        break
      default:
        realDisk.write(fd, bytes, done)
    }
  }

  sync(fd: number, done: (error: Error | null) => void): void {
    this.syncs += 1
    if (this.#fault === 'sync-fails') done(failure('EIO', 'i/o error'))
    else if (this.#fault === 'sync-hangs') this.#held.push(() => realDisk.sync(fd, done))
    else realDisk.sync(fd, done)
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
