import {
  CredentialError,
  type CredentialEvent,
  type Credentials,
  collectReferences,
  openCredentials,
} from '@postern/credentials'
import type { Environment } from './environment/load-environment.ts'
import { StartError } from './environment/start-error.ts'

/**
 * Reads every credential of a deployment once.
 *
 * @throws StartError that names the line of the reference that cannot be used
 */
export async function openDeployedCredentials(
  environment: Environment,
  onEvent: (event: CredentialEvent) => void = () => {},
): Promise<Credentials> {
  try {
    return await openCredentials({
      environment: environment.environment,
      references: collectReferences(environment),
      onEvent,
    })
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error
    throw new StartError(`${environment.at(error.credential.split('.'))}: ${error.message}`)
  }
}
