import { ToolError } from '@postern/errors'

/**
 * What an operator needs to know about a store that cannot be used: what is wrong, where, what to do. May name files
 * and hosts, never a secret. It is the `cause` of the ToolError that callers see, which names neither.
 */
export class StoreFault extends Error {
  override readonly name: string = 'StoreFault'
}

/** The store could not get a lock in time. Nothing was changed. */
export class LockTimeout extends StoreFault {
  override readonly name = 'LockTimeout'
}

/** The database did not accept user or password. */
export class LoginRefused extends StoreFault {}

/** A row with the same key exists. Nothing was changed. Not a fault of the store: callers decide what it means. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation'
}

/** The store cannot be used; certainly nothing was changed. */
export function storeDown(fault: StoreFault): ToolError {
  return new ToolError(
    'UPSTREAM_UNAVAILABLE',
    'store_down',
    'The data store of this server cannot be used right now.',
    {
      cause: fault,
    },
  )
}

/** Another call or process holds what this one needs; certainly nothing was changed. */
export function storeLocked(fault: LockTimeout): ToolError {
  return new ToolError('UPSTREAM_UNAVAILABLE', 'store_down', 'The data store of this server is busy.', {
    nextStep: 'Try the same call again in a few seconds.',
    retryAfterMs: 1000,
    cause: fault,
  })
}

/** The connection was lost after a change went out and before its answer came: nobody can say whether it happened. */
export function outcomeUnknown(fault: StoreFault): ToolError {
  return new ToolError(
    'UPSTREAM_UNAVAILABLE',
    'outcome_unknown',
    'The data store of this server was lost before it confirmed the change.',
    { cause: fault },
  )
}

/** True when a lock was not free within `lockWaitMs`: on SQLite the write lock, on PostgreSQL a row or advisory lock. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof ToolError && error.cause instanceof LockTimeout
}

/** True when an insert or update met another row with the same primary or unique key. */
export function isUniqueViolation(error: unknown): error is UniqueViolation {
  return error instanceof UniqueViolation
}
