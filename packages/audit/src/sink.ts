import type { Transaction } from '@postern/tool'
import type { Durability } from './group-commit.ts'
import type { Entry } from './record.ts'

/** The last record of a chain. */
export interface Head {
  readonly chain: string
  readonly seq: number
  readonly hash: string
}

export interface AppendOptions {
  /** A record that has to be made good when the sink is back: the outcome of a write that has happened. */
  readonly owed?: boolean
  /** Writes the record within it, where the sink is the store the transaction belongs to. */
  readonly transaction?: Transaction
}

/** A chain as this process found it. A new one when the sink had to go on in another chain. */
export interface Taken {
  readonly chain: string
  /** The last record before ours. */
  readonly after: number
}

/** A place that takes records, with one chain of its own for this process. */
export interface Sink {
  readonly chain: string
  readonly taken: Taken
  /** Whether `append` writes within a transaction that it is given; otherwise it takes no notice of it. */
  readonly joinsTransactions: boolean
  /**
   * Passes while the sink takes records.
   * @throws ToolError `audit_down` while it does not; the call that asked is counted in the `resumed` record
   */
  admit(): void
  /**
   * Resolves when the record is as safe as asked for. Rejects at once while the sink is down, and after two seconds
   * when it hangs; the record may then exist all the same, and a `resumed` record says so.
   */
  append(entry: Entry, durability: Durability, options?: AppendOptions): Promise<void>
  /** The heads of all chains of this server, on disk when it resolves. */
  heads(): Promise<Head[]>
  /** Why nothing can be recorded now, for operators; undefined while all is well. */
  problem(): string | undefined
  /** Waits for what was appended and gives the chain up. */
  close(): Promise<void>
}
