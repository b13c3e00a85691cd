import { basename } from 'node:path'
import type { AdoptedSink } from './close-abandoned.ts'
import type { FileSinkOnSlot, FileSinkOptions } from './file-sink.ts'
import type { PostgresSinkOptions } from './postgres-sink.ts'
import type { PrunableTrail } from './trail.ts'

/** A chain of this process, and the trail it is part of. */
export interface OwnChain extends AdoptedSink {
  readonly trail: PrunableTrail
  /** Chains that were free and could not be continued. */
  readonly damaged: readonly string[]
  /** Another chain of the trail, for a moment; undefined when somebody writes to it, or it is damaged. */
  adopt(chain: string): Promise<AdoptedSink | undefined>
}

/** @throws Error when the directory cannot be used */
export async function fileChain(environment: string, options: FileSinkOptions): Promise<OwnChain> {
  const [{ openFileSink, adoptFileChain }, { fileTrail }] = await Promise.all([
    import('./file-sink.ts'),
    import('./file-trail.ts'),
  ])
  const own = await openFileSink(options)
  return {
    ...asFound(own),
    damaged: own.start.damaged,
    trail: fileTrail({ directory: options.directory, server: options.server, environment }),
    async adopt(chain) {
      const sink = await adoptFileChain(options, chain)
      return sink && asFound(sink)
    },
  }
}

/** @throws ToolError `store_down` when the database cannot be used */
export async function postgresChain(environment: string, options: PostgresSinkOptions): Promise<OwnChain> {
  const [{ openPostgresSink, adoptPostgresChain }, { postgresTrail }] = await Promise.all([
    import('./postgres-sink.ts'),
    import('./postgres-trail.ts'),
  ])
  const { store, server } = options
  return {
    sink: await openPostgresSink(options),
    damaged: [],
    trail: postgresTrail({ store, server, environment, keyBeside: false }),
    async adopt(chain) {
      const sink = await adoptPostgresChain(options, chain)
      return sink && { sink }
    },
  }
}

/** A line that a crash left unfinished is named in the chain. */
function asFound(sink: FileSinkOnSlot): AdoptedSink {
  const { torn } = sink.start.tail
  if (torn === undefined) return { sink }
  return { sink, torn: { torn_bytes: torn.bytes, ...(torn.file && { torn_file: basename(torn.file) }) } }
}
