import { basename } from 'node:path'
import { z } from 'zod'
import { ChangingFile, type FileContent } from './changing-file.ts'
import { environmentName } from './credential-reference.ts'
import { Secret } from './secret.ts'

/** A private key with its certificate chain fits; anything larger is not a credential. */
const secretBytesMax = 64 * 1024

/** How long a value that was good is used on while its file is missing or broken. */
const graceMs = 10 * 60_000

/** `<file>.meta.json`, beside the secret: what the platform knows about it and the file system does not. */
const metaFile = z.strictObject({
  id: z.string().min(1).max(128).optional(),
  environment: environmentName.optional(),
  created_at: z.iso.datetime({ offset: true }).optional(),
})

export interface Value {
  readonly secret: Secret
  /** Milliseconds since the epoch; absent for `env:`, which has no age. */
  readonly createdAt?: number
  readonly environment?: string
  readonly mode?: number
}
export interface Problem {
  /** The end of a sentence that starts with the location. */
  readonly problem: string
  /** Nothing is there, as opposed to something unusable. */
  readonly absent: boolean
  /** Set when the value is tagged for another environment. */
  readonly foundEnvironment?: string
}
/** What a location holds now. A `value` beside a `problem` is the last good one, used on for a while. */
export interface Reading {
  readonly value?: Value
  readonly problem?: Problem
}

export interface SourceOptions {
  /** The environment this process runs in. */
  readonly environment: string
  /** The tag on the reference itself. */
  readonly tag?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Called at every use of the value with this id. */
  readonly used: (id: string) => void
  /** True for `next`: nothing there is no fault, and means at once that there is no such value. */
  readonly mayBeAbsent: boolean
}

/** One location of one credential: `file:/path` or `env:NAME`. */
export class Source {
  readonly location: string
  readonly #options: SourceOptions
  readonly #file: ChangingFile | undefined
  readonly #meta: ChangingFile | undefined
  #last: { readonly value: Value; readonly from: unknown; readonly meta?: string | undefined } | undefined
  #failingSince: number | undefined

  constructor(location: string, options: SourceOptions) {
    this.location = location
    this.#options = options
    if (!location.startsWith('file:')) return
    const path = location.slice('file:'.length)
    this.#file = new ChangingFile(path, { bytesMax: secretBytesMax, now: options.now })
    this.#meta = new ChangingFile(`${path}.meta.json`, { bytesMax: 4096, now: options.now })
  }

  read(force = false): Reading {
    const found = this.#look(force)
    if ('secret' in found) {
      this.#failingSince = undefined
      return { value: found }
    }
    if (found.absent && this.#options.mayBeAbsent) {
      this.#last = undefined
      return { problem: found }
    }
    const now = this.#options.now()
    this.#failingSince ??= now
    if (this.#last === undefined || now - this.#failingSince >= graceMs) return { problem: found }
    return { value: this.#last.value, problem: found }
  }

  #look(force: boolean): Value | Problem {
    const wrong = this.#wrongTag(this.#options.tag)
    if (wrong !== undefined) return wrong
    if (this.#file === undefined || this.#meta === undefined) return this.#variable()
    const content = this.#file.read(force)
    if ('problem' in content) return content
    const meta = this.#meta.read(force)
    if ('problem' in meta && !meta.absent) return { problem: `has a ${metaName} that ${meta.problem}`, absent: false }
    const metaText = 'text' in meta ? meta.text : undefined
    if (this.#last?.from === content && this.#last.meta === metaText) return this.#last.value
    const value = this.#value(content, metaText)
    if ('secret' in value) this.#last = { value, from: content, meta: metaText }
    return value
  }

  #value(content: FileContent, metaText: string | undefined): Value | Problem {
    // Editors and `echo` end a file with a newline that no secret has.
    const text = content.text.replace(/[\r\n]+$/, '')
    if (text === '') return { problem: 'is empty', absent: false }
    const meta = metaText === undefined ? {} : parseMeta(metaText)
    if (meta === undefined)
      return { problem: `has a ${metaName} that is not { "id", "environment", "created_at" }`, absent: false }
    const wrong = this.#wrongTag(meta.environment)
    if (wrong !== undefined) return wrong
    const createdAt = meta.created_at === undefined ? content.modifiedAt : Date.parse(meta.created_at)
    const environment = meta.environment ?? this.#options.tag
    return {
      secret: this.#secret(text, meta.id ?? `${basename(this.location)}@${new Date(content.modifiedAt).toISOString()}`),
      createdAt,
      mode: content.mode,
      ...(environment !== undefined && { environment }),
    }
  }

  #variable(): Value | Problem {
    const text = this.#options.env[this.location.slice('env:'.length)]
    // Clients pass an unset optional variable as an empty one.
    if (text === undefined || text === '') return { problem: 'is not set', absent: true }
    if (this.#last?.from === text) return this.#last.value
    const { tag } = this.#options
    const value = { secret: this.#secret(text, this.location), ...(tag !== undefined && { environment: tag }) }
    this.#last = { value, from: text }
    return value
  }

  #wrongTag(tag: string | undefined): Problem | undefined {
    if (tag === undefined || tag === this.#options.environment) return undefined
    return { problem: `is tagged for ${tag}`, absent: false, foundEnvironment: tag }
  }

  #secret(text: string, id: string): Secret {
    return new Secret(text, id, () => this.#options.used(id))
  }
}

const metaName = '.meta.json beside it'

function parseMeta(text: string): z.output<typeof metaFile> | undefined {
  try {
    return metaFile.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
