/** Upper bounds of the duration buckets, in seconds. */
const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
/** Label values come from the registry and from closed sets; this bounds what a mistake could cost. */
const seriesMax = 2000

/** Counters and one histogram, in the Prometheus text format 0.0.4. Labels never carry a caller or a record. */
export class Metrics {
  readonly #counters = new Map<string, number>()
  readonly #buckets = new Map<string, number[]>()

  /** One call has ended. `code` is OK or an error code. */
  call(target: string, code: string, seconds: number): void {
    this.count('postern_calls_total', { target, code })
    const row = this.#buckets.get(target) ?? Array<number>(bucketsSeconds.length + 2).fill(0)
    if (!this.#buckets.has(target) && this.#buckets.size >= seriesMax) return
    for (const [i, bound] of bucketsSeconds.entries()) if (seconds <= bound) row[i] = (row[i] ?? 0) + 1
    row[bucketsSeconds.length] = (row[bucketsSeconds.length] ?? 0) + 1
    row[bucketsSeconds.length + 1] = (row[bucketsSeconds.length + 1] ?? 0) + seconds
    this.#buckets.set(target, row)
  }

  /** Something worth counting has happened, such as a token of another environment. */
  count(name: string, labels: Readonly<Record<string, string>> = {}): void {
    const key = `${name}${format(labels)}`
    if (!this.#counters.has(key) && this.#counters.size >= seriesMax) return
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + 1)
  }

  text(): string {
    const lines: string[] = []
    let family = ''
    for (const [key, value] of [...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const name = key.split('{')[0] ?? key
      if (name !== family) lines.push(`# TYPE ${name} counter`)
      family = name
      lines.push(`${key} ${value}`)
    }
    if (this.#buckets.size > 0) lines.push('# TYPE postern_call_seconds histogram')
    for (const [target, row] of this.#buckets) {
      const total = row[bucketsSeconds.length] ?? 0
      for (const [i, bound] of bucketsSeconds.entries())
        lines.push(`postern_call_seconds_bucket${format({ target, le: String(bound) })} ${row[i] ?? 0}`)
      lines.push(`postern_call_seconds_bucket${format({ target, le: '+Inf' })} ${total}`)
      lines.push(`postern_call_seconds_sum${format({ target })} ${row[bucketsSeconds.length + 1] ?? 0}`)
      lines.push(`postern_call_seconds_count${format({ target })} ${total}`)
    }
    return `${lines.join('\n')}\n`
  }
}

function format(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '_')}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}
