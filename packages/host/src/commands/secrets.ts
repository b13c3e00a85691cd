import { type CredentialUses, collectReferences, credentialStatus, storedUses } from '@postern/credentials'
import { loadEnvironment } from '../environment/load-environment.ts'
import { environmentFile } from '../environment-file.ts'
import { openDeployedStore } from '../open-backend.ts'
import type { MainContext } from '../serve.ts'

/** `secrets`: id, age, last use and state of every credential of this deployment, as JSON; never a value. */
export async function secrets(context: MainContext): Promise<void> {
  const environment = await loadEnvironment(environmentFile(context, true), context.server)
  const options = { environment: environment.environment, references: collectReferences(environment) }
  const store = await openStore(context)
  const kept: CredentialUses | undefined = store && storedUses(store)
  const status = await credentialStatus(options, kept).finally(() => store?.close())
  process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`)
  // A `next` that is not there means that no rotation is under way.
  if (status.some((row) => row.which === 'current' && row.problem !== null)) process.exitCode = 1
}

/** Without a store the status lacks the times of last use; what is wrong with the secrets themselves still shows. */
async function openStore(context: MainContext) {
  try {
    return (await openDeployedStore(context, 'check')).store
  } catch {
    return undefined
  }
}
