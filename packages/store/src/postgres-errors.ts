import { ToolError } from '@postern/errors'
import {
  LockTimeout,
  LoginRefused,
  outcomeUnknown,
  StoreFault,
  storeDown,
  storeLocked,
  UniqueViolation,
} from './store-fault.ts'

/** Ended by the server while nothing ran in its transaction: certainly rolled back. */
const idleTransaction = '25P03'

/** Why we gave a connection up ourselves. */
export class ConnectionGivenUp extends Error {
  readonly why: 'result_too_large' | 'no_answer'
  constructor(why: 'result_too_large' | 'no_answer') {
    super(why)
    this.why = why
  }
}

export interface PostgresSituation {
  /** Host, port and database, for operators. */
  readonly place: string
  /** The statement may have changed something, and nothing will undo it. */
  readonly final: boolean
  readonly resultBytesMax: number
}

/** SQLSTATE of an error that the server sent (PostgreSQL manual, appendix A); undefined when the connection failed. */
function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as Error) ? code : undefined
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')
}

/** True when the connection cannot be used again: it broke, or the server ends it or may no longer write. */
export function endsConnection(error: unknown): boolean {
  const state = sqlState(error)
  if (state === undefined) return error instanceof Error && !(error instanceof TypeError || error instanceof RangeError)
  return isFatal(error) || /^(08|57P|25006|58|XX)/.test(state)
}

/** What leaves the store instead of a driver's error. */
export function postgresError(error: unknown, { place, final, resultBytesMax }: PostgresSituation): unknown {
  if (error instanceof ToolError || error instanceof TypeError || error instanceof RangeError) return error
  if (error instanceof ConnectionGivenUp && error.why === 'result_too_large' && !final) return tooLarge(resultBytesMax)
  const state = sqlState(error)
  if (state === undefined) {
    const fault = new StoreFault(`The connection to PostgreSQL at ${place} failed or was lost.`, { cause: error })
    return final ? outcomeUnknown(fault) : storeDown(fault)
  }
  // The session ended under the statement; whether before or after it took effect, the client cannot tell.
  if (final && isFatal(error) && state !== idleTransaction)
    return outcomeUnknown(
      new StoreFault(`PostgreSQL at ${place} ended the session.`, { cause: withoutRows(error, state) }),
    )
  if (state === '23505') return new UniqueViolation('a row with this key exists', { cause: withoutRows(error, state) })
  // Lock not available, deadlock, serialization failure.
  if (state === '55P03' || state === '40P01' || state === '40001')
    return storeLocked(
      new LockTimeout(`PostgreSQL at ${place} did not get a lock in time (SQLSTATE ${state}).`, {
        cause: withoutRows(error, state),
      }),
    )
  if (state === '57014')
    return new ToolError(
      'UPSTREAM_TIMEOUT',
      'not_executed',
      'The data store of this server took too long and undid it.',
      {
        nextStep: 'Send the same call again; ask for less if it repeats.',
        cause: withoutRows(error, state),
      },
    )
  if (/^28/.test(state))
    return storeDown(
      new LoginRefused(`PostgreSQL at ${place} refused user or password. Check the secret behind store.url.`, {
        cause: withoutRows(error, state),
      }),
    )
  const sentence = sentences.find(([pattern]) => pattern.test(state))?.[1]
  if (sentence === undefined) return withoutRows(error, state)
  return storeDown(new StoreFault(sentence(place), { cause: withoutRows(error, state) }))
}

const sentences: readonly (readonly [RegExp, (place: string) => string])[] = [
  [/^3D000/, (place) => `PostgreSQL at ${place} has no database of that name. Check the secret behind store.url.`],
  [
    /^53300/,
    (place) => `PostgreSQL at ${place} has no free connection. Lower store.pool.max or raise max_connections.`,
  ],
  [/^53100/, (place) => `The disk of PostgreSQL at ${place} is full.`],
  [
    /^42501/,
    (place) =>
      `The database role may not do this at ${place}. Run main.mjs migrate with a role that may create tables, and ` +
      'grant this one usage on the schema of the server and select, insert, update and delete on its tables.',
  ],
  [/^25006/, (place) => `PostgreSQL at ${place} only reads: a standby. Point store.url at the primary.`],
  [
    new RegExp(idleTransaction),
    (place) => `PostgreSQL at ${place} ended a transaction in which nothing happened for too long.`,
  ],
  [/^(08|53|57P|58|XX)/, (place) => `PostgreSQL at ${place} cannot answer: it starts, stops or is out of resources.`],
]

function tooLarge(resultBytesMax: number): ToolError {
  return new ToolError(
    'VALIDATION_ERROR',
    'result_too_large',
    `The answer of the data store is larger than ${Math.floor(resultBytesMax / (1 << 20))} MiB.`,
  )
}

/** The server's message without `detail` and `where`, which quote the values of rows. */
function withoutRows(error: unknown, state: string): Error {
  const { message, constraint } = error as Error & { readonly constraint?: string }
  return Object.assign(new Error(message), { code: state, ...(constraint !== undefined && { constraint }) })
}
