/** A record of the fake upstream. */
export interface VendorEntry {
  readonly id: string
  readonly marker: string
  readonly cancelled: boolean
}
interface Stored extends VendorEntry {
  readonly label: string | undefined
  readonly at: number
}

/** What the upstream keeps: its records, and above all how often each marker took effect. */
export class Vendor {
  /** How long a new record stays invisible to the search, in milliseconds. */
  searchLagMs = 0
  readonly #entries = new Map<string, Stored>()
  readonly #effects = new Map<string, number>()
  readonly #answers = new Map<string, VendorEntry>()

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#effects)
  }

  count(marker: string): number {
    return this.#effects.get(marker) ?? 0
  }

  /** A new record; under an id that exists already nothing happens. */
  create(marker: string, { id, label }: { id?: string; label?: string } = {}): VendorEntry | undefined {
    const chosen = id ?? `entry-${this.#entries.size + 1}`
    if (this.#entries.has(chosen)) return undefined
    const entry = { id: chosen, marker, label, at: performance.now(), cancelled: false }
    this.#entries.set(chosen, entry)
    this.#effect(marker)
    return shown(entry)
  }

  cancel(id: string, marker: string): VendorEntry | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const cancelled = { ...entry, cancelled: true }
    this.#entries.set(id, cancelled)
    this.#effect(marker)
    return shown(cancelled)
  }

  /** The first answer under a key, whatever `run` would do now. */
  once(key: string, run: () => VendorEntry | undefined): VendorEntry | undefined {
    const before = this.#answers.get(key)
    if (before !== undefined) return before
    const made = run()
    if (made !== undefined) this.#answers.set(key, made)
    return made
  }

  get(id: string): VendorEntry | undefined {
    const entry = this.#entries.get(id)
    return entry && shown(entry)
  }

  /** Records with this label that are old enough to be found. */
  search(label: string): readonly VendorEntry[] {
    const visible = performance.now() - this.searchLagMs
    return [...this.#entries.values()].filter((entry) => entry.label === label && entry.at <= visible).map(shown)
  }

  #effect(marker: string): void {
    this.#effects.set(marker, this.count(marker) + 1)
  }
}

function shown({ id, marker, cancelled }: Stored): VendorEntry {
  return { id, marker, cancelled }
}
