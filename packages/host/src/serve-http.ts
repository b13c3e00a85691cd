import type { Server } from 'node:http'
import { builtContract } from './built-contract.ts'
import { StartError } from './environment/start-error.ts'
import { environmentFile } from './environment-file.ts'
import { httpEdge } from './http-edge.ts'
import { httpGate } from './http-gate.ts'
import { operations } from './operations.ts'
import { dataDirectory, port, variable } from './process-environment.ts'
import type { MainContext } from './serve.ts'
import { shutdown } from './shutdown.ts'
import { start } from './start.ts'

/** Serves `/mcp` over HTTP, and the operations listener beside it, until SIGTERM. */
export async function main(context: MainContext): Promise<void> {
  const { server, env } = context
  const host = variable(env, 'POSTERN_HOST') ?? '127.0.0.1'
  const started = await start({
    server,
    environmentFile: environmentFile(context, false),
    dataDirectory: dataDirectory(env),
    contract: builtContract(context.directory),
    writes: context.writes,
  })
  const { runtime, log, metrics } = started
  const gate = httpGate(started, host)
  const edge = httpEdge(started, gate)
  let draining = false
  const ops = operations({
    ready: (signal) => (draining ? Promise.reject(new Error('draining')) : runtime.ready(signal)),
    metrics: () => metrics.text(),
  })
  await listen(edge.server, port(env, 'POSTERN_PORT', server.listen.port), host, 'POSTERN_PORT')
  await listen(ops, port(env, 'POSTERN_OPS_PORT', server.listen.opsPort), host, 'POSTERN_OPS_PORT')
  log.info({ mcp: address(edge.server), operations: address(ops) }, 'listening')
  shutdown({
    runtime,
    log,
    drainMs: runtime.environment.http.drain_delay_ms,
    onDrain: () => {
      draining = true
    },
    close: async () => {
      await edge.close()
      ops.close()
      ops.closeAllConnections()
    },
  })
}

function listen(server: Server, port: number, host: string, variableName: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartError(
              `port ${port} on ${host} is taken by another process. Stop it, or choose another with ${variableName}.`,
            )
          : new StartError(`cannot listen on ${host}:${port} (${error.code ?? error.name}).`),
      ),
    )
    server.listen(port, host, () => resolve())
  })
}

function address(server: Server): string {
  const at = server.address()
  return typeof at === 'object' && at !== null
    ? `${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`
    : ''
}
