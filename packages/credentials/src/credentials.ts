import { ToolError } from '@postern/errors'
import { CredentialError, CredentialRefused } from './credential-error.ts'
import { type CredentialReference, faultOf, locationsOf } from './credential-reference.ts'
import type { CredentialStatus } from './credential-status.ts'
import type { Secret } from './secret.ts'
import { type Reading, Source } from './source.ts'
import { type CredentialUse, type CredentialUses, Uses } from './uses.ts'

/** A credential of another environment was found. To be logged as a security event and counted. */
export interface CredentialEvent {
  readonly kind: 'credential_of_other_environment'
  readonly credential: string
  readonly location: string
  /** The environment this process runs in, and the one the credential is tagged for. */
  readonly environment: string
  readonly found: string
}

export interface CredentialOptions {
  /** The name of the environment this process runs in. `env:` references are refused unless it is `development`. */
  readonly environment: string
  /** By name: the dotted path of the reference in the environment file, as `collectReferences` gives it. */
  readonly references: Readonly<Record<string, CredentialReference>>
  readonly onEvent?: (event: CredentialEvent) => void
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

interface Entry {
  readonly current: Source
  readonly next: Source | undefined
  /** The value that was accepted last, which is tried first. */
  accepted?: Secret
}

/**
 * The secrets a server uses, read from where its environment file says. Files are read again when they change, so a
 * rotation needs no restart. Nothing is kept but in memory.
 */
export class Credentials {
  readonly #options: CredentialOptions
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  readonly #uses = new Uses()
  #kept: CredentialUses | undefined
  readonly #reported = new Set<string>()

  constructor(options: CredentialOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    for (const [name, reference] of Object.entries(options.references))
      this.#entries.set(name, this.#entry(name, reference))
  }

  /**
   * The values of a credential. `current` is there or this fails; `next` exists only during a rotation.
   *
   * @throws ToolError UPSTREAM_UNAVAILABLE `credential` when the current value cannot be read, or is tagged for another
   * environment. A value that was good is used on for 10 minutes while its file is missing or broken.
   */
  async get(name: string): Promise<{ readonly current: Secret; readonly next?: Secret }> {
    const { current, next } = this.#values(name)
    if (current === undefined) throw unusable(name, this.#problem(name))
    return next === undefined ? { current } : { current, next }
  }

  /**
   * Runs `run` with the value that worked last, and with the other one when `run` throws `CredentialRefused`. When both
   * are refused the files are read once more, because they may have been replaced a moment ago. Any other error of
   * `run` passes through. `run` must have had no effect when it throws `CredentialRefused`.
   *
   * @throws ToolError UPSTREAM_UNAVAILABLE `credential` when no value is accepted
   */
  async withRotation<T>(name: string, run: (secret: Secret) => Promise<T>): Promise<T> {
    const entry = this.#find(name)
    const refused: Secret[] = []
    let cause: unknown
    for (const force of [false, true]) {
      const { current, next } = this.#values(name, force)
      const values = [current, next].filter((value) => value !== undefined)
      const first = values.find((value) => entry.accepted?.equals(value))
      for (const secret of first === undefined ? values : [first, ...values.filter((value) => value !== first)]) {
        if (refused.some((other) => other.equals(secret))) continue
        try {
          const result = await run(secret)
          entry.accepted = secret
          return result
        } catch (error) {
          if (!(error instanceof CredentialRefused)) throw error
          cause = error
          refused.push(secret)
        }
      }
    }
    throw unusable(name, this.#problem(name) ?? 'its values were not accepted', cause)
  }

  /**
   * Does a value we were sent equal this credential? Both values of a rotation are accepted. Takes the same time
   * whatever the answer.
   */
  matches(name: string, candidate: string): boolean {
    const { current, next } = this.#values(name)
    const isCurrent = current?.matches(candidate) ?? false
    const isNext = next?.matches(candidate) ?? false
    if (isCurrent && current !== undefined) this.#note(name, 'current', current.id)
    if (isNext && next !== undefined) this.#note(name, 'next', next.id)
    return isCurrent || isNext
  }

  /** Plain data for `postern secrets status` and `doctor`: one row for each value, no secret in it. */
  async status(): Promise<CredentialStatus[]> {
    const uses = this.#uses.with((await this.#kept?.load()) ?? [])
    return [...this.#entries].flatMap(([name, { current, next }]) => [
      this.#row(name, 'current', current, uses),
      ...(next === undefined ? [] : [this.#row(name, 'next', next, uses)]),
    ])
  }

  /**
   * Where times of last use outlive this process; without it `status` knows only the uses of this process. Given later
   * than the rest, because the store needs a credential itself.
   */
  keepUses(kept: CredentialUses): void {
    this.#kept = kept
  }

  /** Writes times of last use to where they are kept. To be called now and then, and at the end. */
  async flush(): Promise<void> {
    if (this.#kept !== undefined) await this.#uses.flush(this.#kept)
  }

  /**
   * Reads everything once.
   *
   * @throws CredentialError for the first reference that cannot be used
   */
  check(): void {
    for (const [name, entry] of this.#entries)
      for (const source of [entry.current, entry.next]) {
        const problem = source && this.#read(name, source).problem
        if (problem === undefined || (source === entry.next && problem.absent)) continue
        const advice =
          problem.foundEnvironment === undefined
            ? 'Mount the secret there, or correct the reference.'
            : `This is ${this.#options.environment}: mount the credential that belongs to it.`
        throw new CredentialError(
          problem.foundEnvironment === undefined ? 'unusable' : 'other_environment',
          name,
          `${name}: ${source?.location} ${problem.problem}. ${advice}`,
        )
      }
  }

  #entry(name: string, reference: CredentialReference): Entry {
    const { current, next, environment: tag } = locationsOf(reference)
    const { environment, env = process.env } = this.#options
    for (const location of [current, next]) {
      if (location === undefined) continue
      const fault = faultOf(location)
      if (fault !== undefined) throw new CredentialError('reference', name, `${name}: ${fault}.`)
      if (location.startsWith('env:') && environment !== 'development')
        throw new CredentialError(
          'reference',
          name,
          `${name}: ${location} is for development only, because environment variables leak into child processes and crash reports. Mount the secret as a file and write file:/run/secrets/… instead.`,
        )
    }
    const source = (location: string, which: CredentialStatus['which']) =>
      new Source(location, {
        environment,
        tag,
        env,
        now: this.#now,
        used: (id) => this.#note(name, which, id),
        mayBeAbsent: which === 'next',
      })
    return { current: source(current, 'current'), next: next === undefined ? undefined : source(next, 'next') }
  }

  #note(credential: string, which: CredentialStatus['which'], id: string): void {
    this.#uses.note({ credential, which, id, usedAt: this.#now() })
  }

  #find(name: string): Entry {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new TypeError(`there is no credential ${name}`)
    return entry
  }

  #values(name: string, force = false): { readonly current?: Secret | undefined; readonly next?: Secret | undefined } {
    const { current, next } = this.#find(name)
    return {
      current: this.#read(name, current, force).value?.secret,
      next: next && this.#read(name, next, force).value?.secret,
    }
  }

  #read(name: string, source: Source, force = false): Reading {
    const reading = source.read(force)
    const found = reading.problem?.foundEnvironment
    const report = `${name} ${source.location} ${found}`
    if (found === undefined || this.#reported.has(report)) return reading
    this.#reported.add(report)
    const { environment, onEvent } = this.#options
    onEvent?.({
      kind: 'credential_of_other_environment',
      credential: name,
      location: source.location,
      environment,
      found,
    })
    return reading
  }

  #problem(name: string): string | undefined {
    const { current } = this.#find(name)
    const problem = this.#read(name, current).problem
    return problem && `${current.location} ${problem.problem}`
  }

  #row(
    name: string,
    which: CredentialStatus['which'],
    source: Source,
    uses: readonly CredentialUse[],
  ): CredentialStatus {
    const { value, problem } = this.#read(name, source)
    const accepted = this.#find(name).accepted
    const times = uses.filter((use) => use.credential === name && use.which === which && use.id === value?.secret.id)
    const lastUsedAt = Math.max(...times.map((use) => use.usedAt))
    const worldReadable = process.platform !== 'win32' && ((value?.mode ?? 0) & 0o004) !== 0
    return {
      name,
      which,
      location: source.location,
      id: value?.secret.id ?? null,
      environment: value?.environment ?? null,
      ageSeconds:
        value?.createdAt === undefined ? null : Math.max(0, Math.floor((this.#now() - value.createdAt) / 1000)),
      lastUsedAt: times.length === 0 ? null : new Date(lastUsedAt).toISOString(),
      inUse: value !== undefined && (accepted === undefined ? which === 'current' : accepted.equals(value.secret)),
      problem: problem === undefined ? null : problem.problem,
      warning:
        worldReadable && this.#options.environment !== 'development' ? 'can be read by every user of this host' : null,
    }
  }
}

/**
 * Opens the credentials of a server and reads each of them once.
 *
 * @throws CredentialError, one sentence that names the reference and what to do, when one cannot be read, is tagged for
 * another environment (reported to `onEvent` too) or is an `env:` outside development. A `next` that is not there is
 * no fault.
 */
export async function openCredentials(options: CredentialOptions): Promise<Credentials> {
  const credentials = new Credentials(options)
  credentials.check()
  return credentials
}

/**
 * The status of credentials that may be unusable; for `postern secrets status` and `doctor`, which report what stops a
 * start.
 *
 * @param kept where the server keeps times of last use
 * @throws CredentialError for what is no reference at all, or an `env:` outside development
 */
export async function credentialStatus(options: CredentialOptions, kept?: CredentialUses): Promise<CredentialStatus[]> {
  const credentials = new Credentials(options)
  if (kept !== undefined) credentials.keepUses(kept)
  return credentials.status()
}

function unusable(name: string, problem: string | undefined, cause?: unknown): ToolError {
  return new ToolError('UPSTREAM_UNAVAILABLE', 'credential', 'This server cannot log in to the system behind it.', {
    cause: new Error(`${name}: ${problem ?? 'unusable'}`, { cause }),
  })
}
