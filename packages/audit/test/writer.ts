// A process that records calls until it is killed. It says on stdout which records it was told are safe.
import { logIn } from './recorded-trail.ts'
import { sampleCalls } from './sample-entries.ts'

const [dataDirectory = '', seed = '1', limit = '1000000', inFlight = '16'] = process.argv.slice(2)
const log = await logIn(dataDirectory, {
  section: { checkpoints: { every: 50, seconds: 1 } },
  file: { segmentBytesMax: 100_000 },
})
process.stdout.write(`chain ${log.chains[0]}\n`)
const next = sampleCalls(log, Number(seed))
let left = Number(limit)

await Promise.all(
  Array.from({ length: Number(inFlight) }, async () => {
    while (left-- > 0)
      for (const { entry, durable } of next().entries) {
        await log.append(entry, durable ? 'durable' : 'kernel')
        process.stdout.write(`${entry.phase} ${entry.request}\n`)
      }
  }),
)
await log.close()
