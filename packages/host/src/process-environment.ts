import { homedir } from 'node:os'
import { dataDirectoryOf } from './data-directory.ts'
import { nearest } from './environment/nearest.ts'
import { StartError } from './environment/start-error.ts'

/** Every variable a server reads. One with our prefix that is not here stops the start: a misspelt one must not be ignored. */
const known = [
  'POSTERN_ENVIRONMENT',
  'POSTERN_DATA',
  'POSTERN_TOKEN',
  'POSTERN_TOKEN_FILE',
  'POSTERN_PRINCIPAL',
  'POSTERN_PURPOSE',
  'POSTERN_HOST',
  'POSTERN_PORT',
  'POSTERN_OPS_PORT',
]

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>

/** @throws StartError for a variable with our prefix that no server reads */
export function checkVariables(env: ProcessEnvironment): void {
  for (const name of Object.keys(env).filter((name) => name.startsWith('POSTERN_') && !known.includes(name))) {
    const meant = nearest(name, known)
    throw new StartError(
      `${name} is not a variable of Postern.${meant ? ` Did you mean ${meant}?` : ` There are: ${known.join(', ')}.`}`,
    )
  }
}

/** An empty string counts as unset: launchers pass optional settings that way. */
export function variable(env: ProcessEnvironment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name]
}

/** @throws StartError when it is not a port */
export function port(env: ProcessEnvironment, name: string, fallback: number): number {
  const text = variable(env, name)
  if (text === undefined) return fallback
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new StartError(`${name} must be a port number from 0 to 65535.`)
}

/** Where this user's data lives. */
export function dataDirectory(env: ProcessEnvironment): string {
  return dataDirectoryOf(env, process.platform, homedir())
}
