import type { RecoveryClass, ServerDefinition } from '@postern/host'
import type { Store } from '@postern/store'

/** A server whose writes are struck, as a program of a test that serves it with `strikes()`. */
export interface Subject {
  readonly server: ServerDefinition
  readonly main: string
  readonly environmentFile: string
  /** On PostgreSQL its trail is there too; otherwise in files. */
  readonly auditInPostgres?: boolean
  /** What the environment file has to say otherwise, by path. */
  environment(upstream: string): Readonly<Record<string, unknown>>
  readonly ways: readonly Way[]
}

/** One way in which this server writes. */
export interface Way {
  /** As the report calls it. */
  readonly name: string
  readonly recovery: RecoveryClass
  /** Of class `lookup`: what is concluded when nothing is found. */
  readonly whenMissing?: 'unknown' | 'resend'
  readonly tool: string
  /** A call of it, whose effect can be told from all others by the marker. */
  input(marker: string, upstream: string): Promise<object> | object
  /** How often each marker took effect in the server's own store; otherwise the upstream counts. */
  effects?(store: Store): Promise<Readonly<Record<string, number>>>
}
