/** Lines of a chain in the order in which they are stored. */
export interface Lines {
  readonly lines: readonly string[]
  readonly bytes: number
  /** The number that the first of these lines has to have, where the name of its file says so. */
  readonly first?: number
  /** Bytes at the end of the chain that make no whole line, and that no running writer is about to complete. */
  readonly tornBytes?: number
}

export interface CheckpointCopy {
  /** Where it lies, for people. */
  readonly name: string
  readonly lines: readonly string[]
  /** PEM. */
  readonly publicKeys: readonly string[]
  /**
   * `beside` the records: who can change one can change the other. `apart`: in a place of its own. `export`: the one
   * that an exported file brings along.
   */
  readonly kind: 'beside' | 'apart' | 'export'
  /** Whether the account that writes the records could rewrite this copy, as far as can be seen from here. */
  readonly writable: boolean | 'unknown'
}

/** A recorded trail of one server, to be read and judged. */
export interface Trail {
  readonly server: string
  readonly environment: string
  readonly sink: 'file' | 'postgres'
  /** Where it lies, for people. */
  readonly name: string
  /** It begins in the middle of its chains, and may leave some out. */
  readonly partial?: boolean
  /** True when the key that signs its checkpoints lies beside the records. */
  keyBeside(): Promise<boolean>
  chains(): Promise<readonly string[]>
  /** Bytes of all records, for progress. */
  bytes(): Promise<number>
  /** `since` (ISO 8601) may leave out whole stretches of older records. */
  lines(chain: string, since?: string): AsyncIterable<Lines>
  /** Records behind number `seq`, possibly preceded by a few that are not. Cheap when asked again and again. */
  linesAfter(chain: string, seq: number): AsyncIterable<Lines>
  checkpoints(): Promise<readonly CheckpointCopy[]>
}

/** A trail in the place where it is recorded: it can be continued, and its oldest records can be removed. */
export interface PrunableTrail extends Trail {
  /** The last whole record of a chain, without looking at any other. */
  tail(chain: string): Promise<string | undefined>
  /**
   * The first record that remains when everything is removed that is older than `before` (ISO 8601), precedes record
   * `covered`, and can be removed in the trail's own portions.
   */
  firstKept(chain: string, before: string, covered: number): Promise<number>
  /** Removes what precedes record `first`. */
  remove(chain: string, first: number): Promise<void>
  /** Removes checkpoints older than `before`; of each writer the newest stays. */
  removeCheckpoints(before: string): Promise<void>
}
