import { hash } from 'node:crypto'

/**
 * What a record tells of. A write makes an `intent` and an `outcome`; every other call makes one record: `read`,
 * `replayed`, `denied`, `refused_input`, `refused` (a limit, a conflict, an approval to come: nothing ran),
 * `unknown_target` or `auth_failure`. The rest are events of the server and of its trail.
 */
export const phases = [
  'intent',
  'outcome',
  'read',
  'replayed',
  'denied',
  'refused_input',
  'refused',
  'unknown_target',
  'auth_failure',
  'approval',
  'config_loaded',
  'start',
  'stop',
  'heartbeat',
  'resumed',
  'pruned',
  'hold',
  'hold_released',
] as const
export type Phase = (typeof phases)[number]

/** A text that is known by its size and keyed hash only. */
export interface Sealed {
  readonly bytes: number
  readonly hmac: string
}

export type Detail = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** Everything a record says beside its place in the chain. No field ever holds text of an input or an output. */
export interface Entry {
  readonly phase: Phase
  readonly approval?: string | undefined
  readonly client?: { readonly era: string; readonly transport: string } | undefined
  /** Id of the credential, never the credential. */
  readonly credential?: string | undefined
  readonly decision?: { readonly allowed: boolean; readonly rule: string } | undefined
  /** Plain facts of an event, in our words. */
  readonly detail?: Detail | undefined
  readonly duration_ms?: number | undefined
  readonly effect?: string | undefined
  readonly environment?: string | undefined
  readonly error?: { readonly code: string; readonly reason: string } | undefined
  /** The canonical arguments as sent, `idempotency_key` included. */
  readonly input?: Sealed | undefined
  readonly key_id?: string | undefined
  readonly masked?: readonly string[] | undefined
  /** The bytes of the text block as sent. */
  readonly output?: Sealed | undefined
  readonly policy?: string | undefined
  readonly principal?: RecordedPrincipal | undefined
  readonly purposes?: readonly string[] | undefined
  readonly request?: string | undefined
  readonly rows?: number | undefined
  readonly scopes?: { readonly held: readonly string[]; readonly needed: string } | undefined
  readonly server?: string | undefined
  readonly suspicious?: readonly string[] | undefined
  readonly target?: RecordedTarget | undefined
  readonly targets?: readonly string[] | undefined
  readonly tenant?: string | undefined
  readonly traceparent?: string | undefined
  readonly upstream_request?: string | undefined
  readonly write?: RecordedWrite | undefined
}

export interface RecordedPrincipal {
  readonly actor?: string | undefined
  readonly client_id?: string | undefined
  readonly issuer: string
  readonly kind: string
  readonly subject: string
}

interface RecordedWrite {
  /** Id of its claim. */
  readonly claim?: string | undefined
  readonly key_hmac?: string | undefined
  readonly state?: string | undefined
  /** The store that its claim is in. */
  readonly store?: string | undefined
}

export interface RecordedTarget {
  readonly kind: string
  readonly name: string
  readonly version?: string | undefined
}

/** A record as it is read back. */
export interface AuditRecord extends Entry {
  readonly v: 1
  readonly chain: string
  readonly seq: number
  /** ISO 8601, by the clock of the process. */
  readonly time: string
  /** Microseconds since the process began: goes on when somebody sets the clock. */
  readonly mono: number
  readonly prev: string
  readonly hash: string
}

/** Where a record stands. */
export interface Link {
  readonly chain: string
  readonly seq: number
  readonly prev: string
}

export interface Line {
  /** One record as canonical JSON (RFC 8785), without the line end. */
  readonly text: string
  readonly hash: string
}

/** What the first record of a chain names as its predecessor. */
export const genesis = '0'.repeat(64)

/** SHA-256 over the predecessor's hash (64 hex digits) and the canonical record without its `hash`. */
export function linkHash(prev: string, bare: string): string {
  return hash('sha256', prev + bare)
}

/**
 * Makes the line of an entry. Keys are written in canonical order, in two halves with the hash between them, so that
 * `JSON.stringify` gives RFC 8785 form without sorting; a test compares it with `canonical`.
 */
export function line(entry: Entry, link: Link, time: string, mono: number): Line {
  const front = JSON.stringify({
    approval: entry.approval,
    chain: link.chain,
    client: entry.client,
    credential: entry.credential,
    decision: entry.decision,
    detail: entry.detail && sorted(entry.detail),
    duration_ms: entry.duration_ms,
    effect: entry.effect,
    environment: entry.environment,
    error: entry.error,
  }).slice(0, -1)
  const back = JSON.stringify({
    input: entry.input,
    key_id: entry.key_id,
    masked: entry.masked,
    mono,
    output: entry.output,
    phase: entry.phase,
    policy: entry.policy,
    prev: link.prev,
    principal: entry.principal,
    purposes: entry.purposes,
    request: entry.request,
    rows: entry.rows,
    scopes: entry.scopes,
    seq: link.seq,
    server: entry.server,
    suspicious: entry.suspicious,
    target: entry.target,
    targets: entry.targets,
    tenant: entry.tenant,
    time,
    traceparent: entry.traceparent,
    upstream_request: entry.upstream_request,
    v: 1,
    write: entry.write,
  }).slice(1)
  const own = linkHash(link.prev, `${front},${back}`)
  return { text: `${front},"hash":"${own}",${back}`, hash: own }
}

function sorted(detail: Detail): Detail {
  const keys = Object.keys(detail).sort()
  return Object.fromEntries(keys.map((key) => [key, detail[key]]))
}
