import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { approvalFaults } from '@postern/approvals'
import { identityProblems } from '@postern/auth'
import type { ServerDefinition } from '../server-definition.ts'
import { type EnvironmentFile, environmentSchema } from './environment.ts'
import { nearest } from './nearest.ts'
import { StartError } from './start-error.ts'

const fileBytesMax = 256 * 1024

export interface Environment extends EnvironmentFile {
  readonly file: string
  /** First 12 hex digits of the SHA-256 of the file: names this very policy in audit and `whoami`. */
  readonly policyVersion: string
  /** Where a value stands, as `<file>:<line>`, for faults that show only when it is used. */
  readonly at: (path: readonly PropertyKey[]) => string
}

/**
 * Reads and checks an environment file.
 *
 * @throws StartError: one line per fault, each with file, line, key, what is expected and the nearest valid word
 */
export async function loadEnvironment(file: string, server: ServerDefinition): Promise<Environment> {
  const text = read(file)
  const { readYaml } = await import('./read-yaml.ts')
  const yaml = readYaml(text, file)
  const schema = environmentSchema(server)
  // Once per process: compiling a parser for it would take longer than parsing.
  const parsed = schema.safeParse(yaml.value, { jitless: true })
  if (!parsed.success) {
    const { explain } = await import('./explain.ts')
    throw new StartError(...explain(file, yaml, schema, parsed.error))
  }
  const faults = [...contradictions(parsed.data), ...approvalFaults(parsed.data.approvals, server.tools)]
  const at: Environment['at'] = (path) => `${file}:${yaml.lineOf(path)}`
  if (faults.length > 0) throw new StartError(...faults.map(({ path, problem }) => `${at(path)}: ${problem}`))
  return { ...parsed.data, file, at, policyVersion: createHash('sha256').update(text).digest('hex').slice(0, 12) }
}

function read(file: string): string {
  try {
    if (statSync(file).size > fileBytesMax)
      throw new StartError(`${file}: an environment file may have at most 256 KiB.`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof StartError) throw cause
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read'
    throw new StartError(`${file}: the environment file ${reason}. POSTERN_ENVIRONMENT must name one.`)
  }
}

interface Contradiction {
  readonly path: readonly PropertyKey[]
  readonly problem: string
}

/** What no single section can see. */
function contradictions(file: EnvironmentFile): Contradiction[] {
  const { identity, environment, roles } = file
  const problems: Contradiction[] = identityProblems(identity, environment).map(({ path, message }) => ({
    path: ['identity', ...path],
    problem: `identity.${path.join('.')}: ${message}.`,
  }))
  for (const [name, principal] of Object.entries(identity.local?.principals ?? {}))
    for (const role of principal.roles.filter((role) => !Object.hasOwn(roles, role)))
      problems.push({
        path: ['identity', 'local', 'principals', name, 'roles'],
        problem: `principal ${name} has the role "${role}", which this file does not define.${didYouMean(role, Object.keys(roles))}`,
      })
  return [...problems, ...approverProblems(file)]
}

/** Who may approve: roles that exist, and people that can be told from machines. */
function approverProblems({ identity, roles, approvals }: EnvironmentFile): Contradiction[] {
  const problems: Contradiction[] = []
  for (const [tool, { by }] of Object.entries(approvals))
    for (const [index, role] of by.entries())
      if (!Object.hasOwn(roles, role))
        problems.push({
          path: ['approvals', tool, 'by', index],
          problem: `approvals.${tool}.by has the role "${role}", which this file does not define.${didYouMean(role, Object.keys(roles))}`,
        })
  if (Object.keys(approvals).length > 0 && identity.issuers.length > 0 && identity.claims.kind === undefined)
    problems.push({
      path: ['identity', 'claims'],
      problem:
        'identity.claims.kind is missing: approvals ask a person, and without it a machine whose token looks like that of a user could approve. Name the claim that says user or service.',
    })
  return problems
}

function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates)
  return meant === undefined ? ` Defined: ${candidates.join(', ')}.` : ` Did you mean "${meant}"?`
}
