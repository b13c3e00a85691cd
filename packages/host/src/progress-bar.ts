/** The part of a stream that a bar needs; `process.stderr`, or something else in tests. */
export interface BarStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface ProgressBar {
  tell(done: number, all: number): void
  /** Takes the bar away. */
  end(): void
}

const showAfterMs = 1000
const redrawMs = 100
const cells = 24

/** Shows on a terminal how far a work has come, once it takes more than a second; says nothing elsewhere. */
export function progressBar(
  what: string,
  stream: BarStream = process.stderr,
  now: () => number = () => performance.now(),
): ProgressBar {
  const started = now()
  let drawn = Number.NEGATIVE_INFINITY
  return {
    tell(done, all) {
      const at = now()
      if (!stream.isTTY || all <= 0 || at - started < showAfterMs || at - drawn < redrawMs) return
      drawn = at
      stream.write(`\r${line(what, Math.min(1, done / all), at - started)}\u001b[K`)
    },
    end() {
      if (drawn > started) stream.write('\r\u001b[K')
    },
  }
}

function line(what: string, share: number, elapsedMs: number): string {
  const filled = Math.round(share * cells)
  const left = share > 0 ? Math.ceil((elapsedMs / share - elapsedMs) / 1000) : undefined
  const percent = `${Math.floor(share * 100)} %`.padStart(5)
  return `${what} ${'█'.repeat(filled)}${'░'.repeat(cells - filled)} ${percent}${left === undefined ? '' : `, ${left} s left`}`
}
