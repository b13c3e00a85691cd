import { createPublicKey } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type AuditSection,
  auditDirectory,
  auditKeys,
  type KeyRing,
  openTrails,
  type PrunableTrail,
  sinksOf,
  type TrailOptions,
  verify,
} from '@postern/audit'
import { type Environment, loadEnvironment } from '../../environment/load-environment.ts'
import { StartError } from '../../environment/start-error.ts'
import { environmentFile } from '../../environment-file.ts'
import { openDeployedStore } from '../../open-backend.ts'
import { dataDirectory } from '../../process-environment.ts'
import type { MainContext } from '../../serve.ts'
import { requireGivenCopy } from './checkpoint-copies.ts'

/** The options of every sub-command that reads a trail. */
export const trailOptions = {
  directory: 'the directory of a copy of the records',
  checkpoints: 'the directory of a copy of the checkpoints',
  'public-key': 'a file with public keys in PEM',
  sink: 'file or postgres',
}
export const trailUsage = '[--sink file|postgres] [--directory <copy>] [--checkpoints <copy>] [--public-key <file>]'

type Options = Readonly<Record<string, string>>

/** The trails of a deployment, to be read without its server. */
export interface OpenedTrails {
  readonly environment: Environment
  /** What keys and further trails of this place are opened with. */
  readonly place: TrailOptions
  /** One for each sink that was asked for. */
  readonly trails: readonly PrunableTrail[]
  /** Of `--public-key`, to be passed on. */
  readonly trusted: { readonly publicKeys?: readonly string[] }
}

/** Opens the trails, and the store where a sink or the checkpoints lie in it, for as long as `work` takes. */
export async function withTrails<T>(
  context: MainContext,
  options: Options,
  work: (opened: OpenedTrails) => Promise<T>,
): Promise<T> {
  const environment = await loadEnvironment(environmentFile(context, true), context.server)
  const section = sectionFor(environment.audit, options)
  const trusted = options['public-key'] === undefined ? {} : { publicKeys: publicKeysIn(options['public-key']) }
  const inStore = sinksOf(section).has('postgres') || section.checkpoints.copy_to === 'postgres'
  const store = inStore ? (await openDeployedStore(context, 'check')).store : undefined
  try {
    const place = {
      section,
      environment: environment.environment,
      server: context.server.name,
      dataDirectory: dataDirectory(context.env),
      ...(store && { store }),
    }
    const trails = await openTrails(place)
    if (options['checkpoints'] !== undefined) await requireGivenCopy(options['checkpoints'], trails)
    return await work({ environment, place, trails, trusted })
  } finally {
    await store?.close()
  }
}

/**
 * The one trail that a question is asked of. Every sink holds every record, so the first that has any will do; and one
 * whose records are gone, as its checkpoints show, is no empty one.
 *
 * @throws StartError when nothing is recorded there
 */
export async function trailWithRecords({ trails, trusted, environment }: OpenedTrails): Promise<PrunableTrail> {
  for (const trail of trails) if ((await trail.chains()).length > 0) return trail
  for (const trail of trails) if ((await verify({ trail, ...trusted })).findings.length > 0) return trail
  throw new StartError(
    `nothing is recorded in ${trails.map(({ name }) => name).join(' or ')} (${environment.environment}).`,
    'POSTERN_DATA chooses the data directory and POSTERN_ENVIRONMENT the deployment; --directory names a copy.',
  )
}

/**
 * The keys under which values are hidden in these trails.
 *
 * @throws StartError where they are not kept: hashes under a new key would find nothing, and say that nothing is there
 */
export async function keysOf({ place }: OpenedTrails): Promise<KeyRing> {
  const { section } = place
  const keys = join(auditDirectory(section, place), 'keys')
  const kept = existsSync(keys) && readdirSync(keys).some((file) => file.startsWith('hmac-'))
  if (section.hmac_key === undefined && place.store === undefined && !kept)
    throw new StartError(`${keys} holds no key, so that no hash can be made. Copy the keys together with the records.`)
  return auditKeys(place)
}

function sectionFor(section: AuditSection, { directory, checkpoints, sink }: Options): AuditSection {
  const { copy_to, ...rest } = section.checkpoints
  // A copy of the records is judged by what lies beside it, and by copies that are named too.
  const copy = checkpoints === undefined ? (directory === undefined ? copy_to : undefined) : resolve(checkpoints)
  return {
    ...section,
    ...(directory !== undefined && { directory: resolve(directory) }),
    sink: directory === undefined ? chosenSink(section, sink) : 'file',
    checkpoints: { ...rest, ...(copy !== undefined && { copy_to: copy }) },
  }
}

function chosenSink(section: AuditSection, sink: string | undefined): AuditSection['sink'] {
  if (sink === undefined) return section.sink
  const kinds = [...sinksOf(section)]
  const found = kinds.find((kind) => kind === sink)
  if (found !== undefined) return found
  throw new StartError(`--sink ${sink.slice(0, 64)}: this deployment records to ${kinds.join(' and ')}.`)
}

/** A file may hold several keys, one below the other. */
export function publicKeysIn(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new StartError(`--public-key ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  const keys = text.match(/-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/g)
  if (keys === null) throw new StartError(`--public-key ${file} holds no public key in PEM.`)
  if (!keys.every(isEd25519))
    throw new StartError(
      `--public-key ${file} holds a key that is no Ed25519 public key, as checkpoints are signed with.`,
    )
  return keys.map((key) => `${key}\n`)
}

function isEd25519(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
