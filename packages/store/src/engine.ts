import { ToolError } from '@postern/errors'
import type { CompiledQuery, QueryResult } from 'kysely'

export type EngineName = 'sqlite' | 'postgres'

/** What an engine does for a store; everything above it is the same on both. */
export interface Engine {
  readonly name: EngineName
  /** Runs one statement outside of any transaction. */
  run(query: CompiledQuery): Promise<QueryResult<unknown>>
  begin(options: BeginOptions): Promise<EngineTransaction>
  ping(): Promise<void>
  close(): Promise<void>
}

export interface BeginOptions {
  /** How long to wait for a lock, in milliseconds. */
  readonly lockWaitMs?: number
  /** False: the commit need not wait for the disk. */
  readonly durable?: boolean
  /** For migrations: no limit on how long a statement runs. */
  readonly patient?: boolean
  /** Sees each statement before it runs, and refuses it by throwing. */
  readonly inspect?: (statement: string) => void
}

export interface EngineTransaction {
  run(query: CompiledQuery): Promise<QueryResult<unknown>>
  commit(): Promise<void>
  /** Never throws: a connection that cannot roll back is closed, which rolls back. */
  rollback(): Promise<void>
}

export type Value = string | number | bigint | null | Uint8Array

/**
 * The parameters both engines take in the same way. PostgreSQL refuses U+0000 in text and SQLite does not: what works
 * on the embedded store must not fail in production.
 *
 * @throws ToolError VALIDATION_ERROR for text with U+0000: it came from outside
 * @throws TypeError for anything but text, finite numbers, bigints, bytes and null
 */
export function portable(parameters: readonly unknown[]): Value[] {
  return parameters.map((value) => {
    if (typeof value === 'string' && value.includes('\u0000')) throw nul()
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} cannot be stored`)
    // An integer stays one in expressions; node:sqlite would bind it as a floating-point number.
    if (Number.isSafeInteger(value)) return BigInt(value as number)
    if (isValue(value)) return value
    throw new TypeError(`${typeof value} cannot be stored: use text, a number, bytes or null`)
  })
}

function isValue(value: unknown): value is Value {
  return value === null || ['string', 'number', 'bigint'].includes(typeof value) || value instanceof Uint8Array
}

function nul(): ToolError {
  return new ToolError('VALIDATION_ERROR', 'rule', 'A text contains the character U+0000, which cannot be stored.', {
    nextStep: 'Remove that character and call again.',
  })
}
