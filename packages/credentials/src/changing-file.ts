import { type BigIntStats, readFileSync, statSync } from 'node:fs'

export interface FileContent {
  readonly text: string
  /** Milliseconds since the epoch of the last change. */
  readonly modifiedAt: number
  /** POSIX permission bits. */
  readonly mode: number
}

/** Why a file could not be read, as the end of a sentence that starts with its path. */
export interface FileProblem {
  readonly problem: string
  readonly absent: boolean
}

export interface ChangingFileOptions {
  readonly bytesMax: number
  /** The file system is asked at most this often. */
  readonly lookEveryMs?: number
  readonly now?: () => number
}

/** Some file systems count time in seconds: a file this young may change again and look the same. */
const settledAfterMs = 2000

/**
 * A small file that is read again when it has changed. As long as it has not, `read` returns the same object.
 *
 * It asks `stat` when used, at most once a second, and watches nothing: mounted secrets change by the swap of a
 * symbolic link, which file watchers miss. Reads are synchronous, because they are rare, local and must not interleave.
 */
export class ChangingFile {
  readonly path: string
  readonly #options: Required<ChangingFileOptions>
  #lookedAt = Number.NEGATIVE_INFINITY
  #state: FileContent | FileProblem = { problem: 'was not read yet', absent: true }
  /** Identifies what `#state` was read from; unset while it cannot be relied upon. */
  #version: string | undefined

  constructor(path: string, options: ChangingFileOptions) {
    this.path = path
    this.#options = { lookEveryMs: 1000, now: Date.now, ...options }
  }

  /** `force` asks the file system even when it was asked a moment ago. */
  read(force = false): FileContent | FileProblem {
    const now = this.#options.now()
    // A clock that was set back must not silence the looks.
    const due = now < this.#lookedAt || now - this.#lookedAt >= this.#options.lookEveryMs
    if (!force && !due) return this.#state
    this.#lookedAt = now
    this.#state = this.#look()
    return this.#state
  }

  #look(): FileContent | FileProblem {
    const version = this.#version
    this.#version = undefined
    try {
      const found = statSync(this.path, { bigint: true })
      // Anything else (a FIFO, a device) could block this process for ever.
      if (!found.isFile()) return { problem: 'is not a file', absent: false }
      if (found.size > this.#options.bytesMax) return this.#tooLarge()
      // Taken before the read: a change in between is then seen at the next look.
      const now = versionOf(found)
      if (Date.now() - Number(found.mtimeMs) > settledAfterMs) this.#version = now
      if (version === now) return this.#state
      const bytes = readFileSync(this.path)
      return bytes.length > this.#options.bytesMax ? this.#tooLarge() : this.#content(bytes, found)
    } catch (error) {
      return problemOf(error)
    }
  }

  #content(bytes: Buffer, found: BigIntStats): FileContent {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const modifiedAt = Number(found.mtimeMs)
    const mode = Number(found.mode & 0o777n)
    const known = this.#state
    const same = 'text' in known && known.text === text && known.modifiedAt === modifiedAt && known.mode === mode
    return same ? known : { text, modifiedAt, mode }
  }

  #tooLarge(): FileProblem {
    return { problem: `is larger than ${this.#options.bytesMax} bytes`, absent: false }
  }
}

const versionOf = (stat: BigIntStats): string => `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`

function problemOf(error: unknown): FileProblem {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'does not exist', absent: true }
  if (code === 'EACCES' || code === 'EPERM') return { problem: 'may not be read by this process', absent: false }
  if (error instanceof TypeError) return { problem: 'is not UTF-8 text', absent: false }
  return { problem: `cannot be read (${code ?? 'unknown error'})`, absent: false }
}
