import { stdioIdentity } from '@postern/auth'
import { askedStates } from './approval-question.ts'
import { environmentFile } from './environment-file.ts'
import { dataDirectory } from './process-environment.ts'
import type { MainContext } from './serve.ts'
import { shutdown } from './shutdown.ts'
import { start } from './start.ts'
import { serveStdio } from './stdio.ts'

/** Serves one client over stdio until it closes stdin, or until SIGTERM. */
export async function main(context: MainContext): Promise<void> {
  const { env } = context
  const started = await start({
    server: context.server,
    environmentFile: environmentFile(context, true),
    dataDirectory: dataDirectory(env),
    writes: context.writes,
  })
  const { runtime, log } = started
  const identity = stdioIdentity({
    env,
    environment: runtime.environment.environment,
    verifier: started.verifier,
    local: runtime.environment.identity.local,
    scopes: started.scopes,
  })
  // One process serves one caller; the request itself is bound to the principal in the store.
  const states = askedStates(started.stateKey, () => 'stdio')
  const served = serveStdio(runtime, () => identity(), states, log)
  const stop = shutdown({ runtime, log, drainMs: 0, close: () => served.close() })
  void served.closed.then(() => stop('stdin closed'))
}
