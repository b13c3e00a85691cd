import { type RawBuilder, sql } from 'kysely'

/**
 * Column types that mean the same on both engines, for `addColumn(name, column.text)`.
 *
 * - `text`: any text without U+0000; compares by code point. In TypeScript `string`.
 * - `bigint`: integers, milliseconds since the epoch and counters; read as `number`, and an error when one is beyond
 *   `Number.MAX_SAFE_INTEGER`.
 * - `blob`: bytes; read as `Uint8Array` (on PostgreSQL a `Buffer`, which is one).
 * - `boolean`: 0 or 1; in TypeScript `number`.
 */
export const column = {
  text: 'text',
  bigint: 'bigint',
  blob: 'blob',
  boolean: 'integer',
} as const

/** The database's clock in milliseconds since the epoch. Processes disagree about the time; the database does not. */
export const clock = {
  sqlite: (): RawBuilder<number> => sql<number>`cast(round(unixepoch('subsec') * 1000) as integer)`,
  // Not now(): that is the start of the transaction.
  postgres: (): RawBuilder<number> => sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::int8`,
}
