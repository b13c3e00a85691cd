/** The last use of a credential's value, which `id` names. */
export interface CredentialUse {
  /** Where the reference stands in the environment file. */
  readonly credential: string
  readonly which: 'current' | 'next'
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly usedAt: number
}

/** Where times of last use outlive a process. */
export interface CredentialUses {
  load(): Promise<readonly CredentialUse[]>
  /** Keeps one use for each `credential` and `which`, the latest. */
  save(uses: readonly CredentialUse[]): Promise<void>
}

/** Uses of this process: noted in memory every time, written out only now and then. */
export class Uses {
  readonly #latest = new Map<string, CredentialUse>()
  #unsaved = new Set<string>()

  note(use: CredentialUse): void {
    const key = `${use.credential} ${use.which}`
    this.#latest.set(key, use)
    this.#unsaved.add(key)
  }

  /** Everything known now, beside what was known elsewhere. */
  with(others: readonly CredentialUse[]): readonly CredentialUse[] {
    return [...this.#latest.values(), ...others]
  }

  async flush(to: CredentialUses): Promise<void> {
    const keys = this.#unsaved
    if (keys.size === 0) return
    this.#unsaved = new Set()
    await to.save([...keys].map((key) => this.#latest.get(key)).filter((use) => use !== undefined))
  }
}
