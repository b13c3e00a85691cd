import { sampleSet } from '../../src/sample/sample-set.ts'

const { customers, opportunities, activities } = sampleSet()
const time = (ms: number) => new Date(ms).toISOString()
/** Times and ids that are the same in every world; all others were made while it ran. */
const known = new Set([
  ...customers.flatMap(({ created_at, last_contact }) => [
    time(created_at),
    ...(last_contact ? [time(last_contact)] : []),
  ]),
  ...activities.flatMap(({ at, activity_id }) => [time(at), activity_id]),
  ...customers.map(({ customer_id }) => customer_id),
  ...opportunities.map(({ opportunity_id }) => opportunity_id),
])

/**
 * An answer without what no two worlds can have alike: request ids, the bytes of a cursor, ids and times of what was
 * made meanwhile. New ids are named by the order in which this caller came to see them.
 */
export function comparable(answer: Readonly<Record<string, unknown>>, seen: Map<string, string>): string {
  return JSON.stringify(answer)
    .replace(/"request_id":"[^"]*"/g, '"request_id":""')
    .replace(/"next_cursor":"[^"]*"/g, '"next_cursor":""')
    .replace(/\b(?:act|apr|cus|opp)_[\w-]+/g, (id) => {
      if (known.has(id) || /none\d?$/.test(id)) return id
      const name = seen.get(id) ?? `${id.slice(0, 3)}#${seen.size}`
      seen.set(id, name)
      return name
    })
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => (known.has(at) ? at : '<now>'))
}
