import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApprovalDesk } from '@postern/approvals'
import { localPrincipal } from '@postern/auth'
import type { Principal, Reply } from '@postern/tool'
import { createLogger } from '../logger.ts'
import type { Runtime } from '../runtime.ts'
import type { ImportReport, ServerDefinition } from '../server-definition.ts'
import { start } from '../start.ts'

export interface TestHostOptions {
  /** A local principal of the environment file, or a principal of the test's own making. */
  readonly as?: string | Principal
  readonly signal?: AbortSignal
}

/** A whole server in this process: real pipeline, real store in an empty directory, no transport. */
export interface TestHost {
  readonly runtime: Runtime
  readonly dataDirectory: string
  /** Where the approvals of this server are decided. */
  readonly desk: ApprovalDesk
  principal(name?: string): Principal
  /** Calls a tool as its server would be called; the parsed envelope, success or error. */
  call(tool: string, input: unknown, options?: TestHostOptions): Promise<Record<string, unknown>>
  read(uri: string, options?: TestHostOptions): Promise<Record<string, unknown>>
  /** Loads records of one tenant through the server's own importer. */
  load(tenant: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<ImportReport>
  close(): Promise<void>
}

/**
 * Starts a server for a test.
 *
 * @param environmentFile usually the development file of the server
 * @param dataDirectory to continue on the data of an earlier host; a fresh one is made and removed otherwise
 */
export async function testHost<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
  { environmentFile, dataDirectory }: { environmentFile: string; dataDirectory?: string },
): Promise<TestHost> {
  const directory = dataDirectory ?? mkdtempSync(join(tmpdir(), 'postern-host-'))
  const { runtime, scopes, backend, desk } = await start({
    server: server as unknown as ServerDefinition,
    environmentFile,
    dataDirectory: directory,
    log: createLogger({ server: server.name, environment: 'test', level: 'silent' }),
  })
  const principal = (name?: string): Principal => {
    const { local } = runtime.environment.identity
    if (local === undefined) throw new Error(`${environmentFile} names no local principals`)
    return localPrincipal(local, name, scopes)
  }
  const run = async (target: Parameters<Runtime['call']>[0]['target'], input: unknown, options: TestHostOptions) => {
    const reply: Reply = await runtime.call({
      target,
      input,
      principal: typeof options.as === 'object' ? options.as : principal(options.as),
      client: { transport: 'internal', era: 'internal' },
      signal: options.signal ?? new AbortController().signal,
    })
    return JSON.parse(reply.text) as Record<string, unknown>
  }
  return {
    runtime,
    dataDirectory: directory,
    desk,
    principal,
    call: (tool, input, options = {}) => run(runtime.tool(tool), input, options),
    read(uri, options = {}) {
      const { target, input } = runtime.resource(uri)
      return run(target, input, options)
    },
    async load(tenant, rows) {
      const { importer } = runtime.definition
      if (importer === undefined) throw new Error(`${server.name} imports nothing`)
      const lines = async function* () {
        for (const [index, values] of rows.entries()) yield { line: index + 1, values }
      }
      return importer.load(lines(), runtime.environment.backend, { ...backend, tenant, onProgress() {} })
    },
    async close() {
      await runtime.close()
      if (dataDirectory === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}
