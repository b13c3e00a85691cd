import { collectReferences, credentialStatus } from '@postern/credentials'
import { loadEnvironment } from '../environment/load-environment.ts'
import { environmentFile } from '../environment-file.ts'
import type { MainContext } from '../serve.ts'

/** `secrets`: id, age and state of every credential of this deployment, as JSON; never a value. */
export async function secrets(context: MainContext): Promise<void> {
  const environment = await loadEnvironment(environmentFile(context, true), context.server)
  const status = await credentialStatus({
    environment: environment.environment,
    references: collectReferences(environment),
  })
  process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`)
  // A `next` that is not there means that no rotation is under way.
  if (status.some((row) => row.which === 'current' && row.problem !== null)) process.exitCode = 1
}
