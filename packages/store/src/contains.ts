import { type RawBuilder, type SqlBool, sql } from 'kysely'

/**
 * Whether a column contains a text, on either engine: `%`, `_` and `\` in what people type are letters, not patterns.
 * Compares as it is; fold both sides first. Scans: put it behind a condition that an index answers.
 *
 * @param column also `table.column`; quoted as an identifier
 */
export function contains(column: string, text: string): RawBuilder<SqlBool> {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  return sql<SqlBool>`${sql.ref(column)} like ${pattern} escape '\\'`
}
