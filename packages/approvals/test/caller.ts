// Another process of the same server: makes one call and prints its outcome as one line of JSON.
import { bench, openTestStore, type Sent } from './fixture.ts'

const [where, sent] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [
  Parameters<typeof openTestStore>[0],
  Sent,
]
const store = await openTestStore(where)
const outcome = await bench(store).send(sent)
await store.close()
process.stdout.write(
  JSON.stringify(outcome.ok ? 'ok' : [`${outcome.error.code}/${outcome.error.reason}`, outcome.error.details]),
)
