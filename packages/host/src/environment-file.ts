import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { StartError } from './environment/start-error.ts'
import { variable } from './process-environment.ts'
import type { MainContext } from './serve.ts'

/**
 * The environment file to use: `POSTERN_ENVIRONMENT`, or in a checkout the development file where `orDevelopment`
 * allows it (stdio and the commands of one person; never a network listener).
 *
 * @throws StartError that says how to choose one
 */
export function environmentFile({ server, directory, env }: MainContext, orDevelopment: boolean): string {
  const chosen = variable(env, 'POSTERN_ENVIRONMENT')
  if (chosen !== undefined) return resolve(chosen)
  const development = join(directory, '..', 'environments', 'development.yaml')
  if (orDevelopment && existsSync(development)) return development
  throw new StartError(
    'no environment file is chosen, and without one nobody is granted anything.',
    existsSync(development)
      ? `Set POSTERN_ENVIRONMENT, for example POSTERN_ENVIRONMENT=servers/${server.name}/environments/development.yaml.`
      : 'Set POSTERN_ENVIRONMENT to the YAML file of this deployment.',
  )
}
