import { basename } from 'node:path'
import type { FileSinkOptions } from './file-sink.ts'
import type { PostgresSinkOptions } from './postgres-sink.ts'
import type { Detail, Entry } from './record.ts'
import type { SignedHead } from './signed-head.ts'
import type { Sink } from './sink.ts'
import type { PrunableTrail } from './trail.ts'

/** A chain of this process, and the trail it is part of. */
export interface OwnChain {
  readonly sink: Sink
  readonly trail: PrunableTrail
  /** Where a chain was signed last by its own writer. */
  readonly signed: SignedHead
  /** What a crash had left unfinished at its end, for a record. */
  readonly torn?: Detail
  /** Chains that were free and could not be continued. */
  readonly damaged: readonly string[]
  /** Whether nobody writes to another chain. */
  isFree(chain: string): Promise<boolean>
  /**
   * Appends to another chain, all at once, and leaves it. Changes nothing and answers false where somebody writes to it
   * or its last record is not number `after` any more.
   */
  finish(chain: string, after: number, entries: (torn?: Detail) => readonly Entry[]): Promise<boolean>
}

/** @throws Error when the directory cannot be used */
export async function fileChain(environment: string, options: FileSinkOptions): Promise<OwnChain> {
  const [{ openFileSink }, { fileTrail }, { finishFileChain, isFreeFileChain }] = await Promise.all([
    import('./file-sink.ts'),
    import('./file-trail.ts'),
    import('./finish-file-chain.ts'),
  ])
  const { sink, slot } = await openFileSink(options)
  return {
    sink,
    signed: options.signed,
    ...(slot.tail.torn && { torn: tornDetail(slot.tail.torn) }),
    damaged: slot.damaged,
    trail: fileTrail({ directory: options.directory, server: options.server, environment }),
    isFree: async (chain) => isFreeFileChain(options, chain),
    finish: (chain, after, entries) =>
      finishFileChain(options, chain, after, (torn) => entries(torn && tornDetail(torn))),
  }
}

/** @throws ToolError `store_down` when the database cannot be used */
export async function postgresChain(environment: string, options: PostgresSinkOptions): Promise<OwnChain> {
  const [{ openPostgresSink }, { postgresTrail }, { finishPostgresChain, isFreePostgresChain }] = await Promise.all([
    import('./postgres-sink.ts'),
    import('./postgres-trail.ts'),
    import('./finish-postgres-chain.ts'),
  ])
  const { store, server } = options
  return {
    sink: await openPostgresSink(options),
    signed: options.signed,
    damaged: [],
    trail: postgresTrail({ store, server, environment, keyBeside: false }),
    isFree: (chain) => isFreePostgresChain(options, chain),
    finish: (chain, after, entries) => finishPostgresChain(options, chain, after, entries()),
  }
}

function tornDetail({ bytes, file }: { readonly bytes: number; readonly file?: string }): Detail {
  return { torn_bytes: bytes, ...(file && { torn_file: basename(file) }) }
}
