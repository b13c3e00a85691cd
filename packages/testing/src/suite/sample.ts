import { join } from 'node:path'
import { repository } from '../repository.ts'

interface SampleCall {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What the suite has to know of a server's domain. Everything else it finds out from the server itself. */
export interface Sample {
  /** Folder name under `servers/`. */
  readonly server: string
  /** The names that are listed, in order. */
  readonly tools: readonly string[]
  /** A read that finds something in a fresh data directory. */
  readonly read: SampleCall
  /** Its input with one field of the wrong type, and that field. */
  readonly wrongType: SampleCall & { readonly path: string }
  /** An input with one text beyond its limit, and that field. */
  readonly overLong: SampleCall & { readonly path: string }
  /** A resource that can be read in a fresh data directory. */
  readonly resource?: { readonly template: string; readonly uri: string; readonly absent: string }
  readonly write?: WriteSample
  /** Replaced in the development file for these tests: limits that a burst of calls would meet. */
  readonly environment?: Readonly<Record<string, unknown>>
}

/** A write that makes a record. */
export interface WriteSample {
  readonly tool: string
  /** A valid input, different for every `name`, with an `idempotency_key` of its own. */
  input(name: string): Readonly<Record<string, unknown>>
  /** The id of the record in the answer. */
  id(answer: Readonly<Record<string, unknown>>): string
  /** The call that reads the record back, and the record in its answer. */
  readBack(id: string): SampleCall
  /** The call that lists these records, page by page, and the ids on a page. */
  list(cursor?: string): SampleCall
  ids(answer: Readonly<Record<string, unknown>>): readonly string[]
  /** The `name` a record was made with, as far as it can be told from what was read back. */
  nameOf(answer: Readonly<Record<string, unknown>>): string
  /** Fails unless the record that was read back is exactly the one that `input(name)` makes. */
  expectWhole(answer: Readonly<Record<string, unknown>>, name: string): void
}

export function developmentFile(server: string): string {
  return join(repository, 'servers', server, 'environments', 'development.yaml')
}
