import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** The lines of a stream as they arrive, kept, so that one that has passed can still be asked for. */
export class Lines {
  readonly all: string[] = []
  #rest = ''
  #ended = false
  readonly #waiting = new Set<() => void>()

  constructor(stream: Readable) {
    const decoder = new StringDecoder('utf8')
    stream.on('data', (chunk: Buffer) => {
      const parts = (this.#rest + decoder.write(chunk)).split('\n')
      this.#rest = parts.pop() ?? ''
      this.all.push(...parts)
      this.#tell()
    })
    stream.on('close', () => {
      if (this.#rest !== '') this.all.push(this.#rest)
      this.#rest = ''
      this.#ended = true
      this.#tell()
    })
  }

  /** Everything so far, with a last line that is not complete yet. */
  get text(): string {
    return [...this.all, this.#rest].join('\n')
  }

  /**
   * The first line at or after `from` that `matches`, already there or still to come.
   *
   * @throws Error when the stream ends without it
   */
  async find(matches: (line: string) => boolean, from = 0): Promise<string> {
    for (let index = from; ; ) {
      for (; index < this.all.length; index++) {
        const line = this.all[index] ?? ''
        if (matches(line)) return line
      }
      if (this.#ended) throw new Error('the stream ended before the line that was waited for')
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #tell(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }
}
