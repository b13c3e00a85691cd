import { AuthError, stdioIdentity } from '@postern/auth'
import { askedStates } from './approval-question.ts'
import { authFailureRecorder, noticeAuthFailure, type RecordAuthFailure } from './auth-failure.ts'
import { builtContract } from './built-contract.ts'
import { environmentFile } from './environment-file.ts'
import { dataDirectory, variable } from './process-environment.ts'
import type { MainContext } from './serve.ts'
import { shutdown } from './shutdown.ts'
import { type Started, start } from './start.ts'
import { serveStdio } from './stdio.ts'

/** Serves one client over stdio until it closes stdin, or until SIGTERM. */
export async function main(context: MainContext): Promise<void> {
  const { env } = context
  const started = await start({
    server: context.server,
    environmentFile: environmentFile(context, true),
    dataDirectory: dataDirectory(env),
    contract: builtContract(context.directory),
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
  // What the verifier needs and does not find stops the start and not the first call.
  if (variable(env, 'POSTERN_TOKEN') !== undefined || variable(env, 'POSTERN_TOKEN_FILE') !== undefined)
    started.verifier()
  // One process serves one caller; the request itself is bound to the principal in the store.
  const states = askedStates(started.stateKey, () => 'stdio')
  const record = authFailureRecorder(started)
  const served = serveStdio(runtime, () => noticed(started, record, identity()), states, log)
  const stop = shutdown({ runtime, log, drainMs: 0, close: () => served.close() })
  void served.closed.then(() => stop('stdin closed'))
}

/**
 * What the door of HTTP notices, noticed here too. An ordinary refusal is on the trail as the call that met it; a token
 * of another environment is named there as well.
 */
async function noticed<T>(started: Started, record: RecordAuthFailure, identity: Promise<T>): Promise<T> {
  try {
    return await identity
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof AuthError) {
      noticeAuthFailure(started, cause)
      if (cause.otherEnvironment !== undefined) await record(cause)
    }
    throw error
  }
}
