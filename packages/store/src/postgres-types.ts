import { types } from 'pg'

/** Object ids of PostgreSQL's built-in types (src/include/catalog/pg_type.dat). */
const boolean = 16
const int8 = 20
const numeric = 1700

/** Reads values as the embedded store gives them: integers and sums as numbers, truth as 1 and 0. */
export const postgresTypes: typeof types = {
  ...types,
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === int8) return safeInteger
    if (oid === numeric) return Number
    if (oid === boolean) return (text: string) => (text === 't' ? 1 : 0)
    return types.getTypeParser(oid, format as 'text')
  }) as typeof types.getTypeParser,
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a stored integer is beyond Number.MAX_SAFE_INTEGER')
  return value
}
