import type { Subject } from '@postern/approvals'
import type { Credentials } from '@postern/credentials'
import type { BoundPorts, PortSpec } from '@postern/policy'
import type { Migration, Store } from '@postern/store'
import type { Resource, Tool } from '@postern/tool'
import type { z } from 'zod'

/**
 * A server as one value: everything else (lists, contract, README tables, policy vocabulary, security documents) is
 * derived from it.
 */
export interface ServerDefinition<Config = unknown, Ports extends object = object> {
  /** Also the name of its store, its audit chain and its manifests. */
  readonly name: string
  readonly version: string
  readonly title: string
  readonly owners: readonly string[]
  /** What kind of data passes through, such as `personal data: reporter e-mail addresses`. */
  readonly dataClasses: readonly string[]
  readonly purpose: string
  /** How the owners tell that the server does its job. */
  readonly successMetric: string
  /** Told to the model once per connection. */
  readonly instructions: string
  readonly listen: { readonly port: number; readonly opsPort: number }
  /** The row attributes that roles may name, without `tenant`. */
  readonly attributes: readonly string[]
  /** In reading order; `whoami` first. */
  readonly tools: readonly Tool[]
  readonly resources: readonly Resource[]
  readonly ports: { readonly [P in keyof Ports]: PortSpec<Ports[P], never> }
  readonly backend: BackendDefinition<Config, Ports>
  /**
   * What a write is about, beyond its arguments: `facts`, such as the fields behind a draft id, for rules about approval;
   * `rows`, the attributes of the record it would write. The approval is bound to both. An approver's role has to cover
   * `rows`: without them, only roles over `all` rows may approve.
   */
  approvalFacts?(
    tool: string,
    input: Readonly<Record<string, unknown>>,
    ports: BoundPorts<Ports>,
    signal: AbortSignal,
  ): Promise<Subject | undefined>
  /** What `import <server> <file>` can load, by backend kind; absent where data lives elsewhere. */
  readonly importer?: Importer<Config>
}

export interface BackendDefinition<Config, Ports> {
  /** The `backend` section of this server's environment file: strict, with `kind` telling backends apart. */
  readonly section: z.ZodType<Config>
  /** Tables of backends and drafts that live in the server's own store. */
  readonly migrations: readonly Migration[]
  open(config: Config, context: BackendContext): Promise<OpenBackend<Ports>>
}

/** What works on the server's own store gets. */
export interface StoreContext {
  readonly store: Store
  readonly environment: string
  readonly signal: AbortSignal
}

export interface BackendContext extends StoreContext {
  /** The secrets of the environment file, by the dotted path of their reference, such as `backend.credential`. */
  readonly credentials: Credentials
}

export interface OpenBackend<Ports> {
  readonly ports: Ports
  /** How each write recovers from an unclear end, by port and method, such as `{ 'tickets.create': 'transaction' }`. */
  readonly recovery: Readonly<Record<string, RecoveryClass>>
  /** What is wrong with the backend, in sentences for an operator; empty when all is well. */
  doctor?(signal: AbortSignal): Promise<readonly string[]>
  close?(): Promise<void>
}

/** How an unclear write is settled (architecture: recovery classes). */
export type RecoveryClass = 'transaction' | 'native-key' | 'client-id' | 'lookup' | 'none'

/** Loads a user's own records into a backend that lives in the server's store. All lines or none. */
export interface Importer<Config> {
  readonly noun: string
  /** The columns a file may have, with an example each, for the help text. */
  readonly columns: Readonly<Record<string, string>>
  /**
   * @param rows parsed lines as text by column name
   * @returns what was loaded; with rejected lines nothing was
   */
  load(rows: AsyncIterable<ImportRow>, config: Config, context: StoreContext & ImportOptions): Promise<ImportReport>
}
export interface ImportRow {
  /** Line of the file, for the report. */
  readonly line: number
  readonly values: Readonly<Record<string, unknown>>
}
export interface ImportOptions {
  readonly tenant: string
  readonly onProgress: (rows: number) => void
}
export interface ImportReport {
  readonly imported: number
  /** All problems there are; `rejected` lists the first hundred. */
  readonly rejectedTotal: number
  readonly rejected: readonly { readonly line: number; readonly column: string; readonly problem: string }[]
}

/** Checks the value while keeping its types; the definition itself is data. */
export function defineServer<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
): ServerDefinition<Config, Ports> {
  return server
}
