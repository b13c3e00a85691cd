import { position } from './position.ts'

/**
 * One page of a list, from the rows of a statement that asked for one more than the limit: that one tells whether
 * another page follows.
 *
 * @param key the sort key of a row; of the last one shown it becomes `next`, for `readPosition`
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  key: (row: Row) => readonly (string | number)[],
): { readonly items: Item[]; readonly next?: string } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map((row) => toItem(row)),
    ...(rows.length > shown.length && last !== undefined && { next: position(...key(last)) }),
  }
}
