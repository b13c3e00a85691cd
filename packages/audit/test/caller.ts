// A process that answers calls through the audit layer until it is killed. Effects go to a file of their own, as to an
// upstream; every answer is told to the parent, as to a client.
import { appendFileSync } from 'node:fs'
import { ToolError } from '@postern/errors'
import { seeded } from '@postern/testing'
import { audited, callOf, createTicket, getTicket, ok } from './pipeline.ts'
import { logIn } from './recorded-trail.ts'

const [dataDirectory = '', run = '0', calls = '1000', effects = ''] = process.argv.slice(2)
const log = await logIn(dataDirectory, { section: { checkpoints: { every: 100, seconds: 1 } } })
const random = seeded(Number(run))
let n = 0

const handle = audited(log, async (call) => {
  if (call.target.effect === 'read') {
    if (random() < 0.2) throw new ToolError('PERMISSION_DENIED', 'not_granted', 'no')
    return ok()
  }
  await (await call.intent?.())?.durable
  appendFileSync(effects, `${call.requestId}\n`)
  call.notes.write = 'executed'
  return ok()
})

process.stdout.write('ready\n')
await Promise.all(
  Array.from({ length: 16 }, async () => {
    while (n++ < Number(calls)) {
      const call = callOf(random() < 0.4 ? createTicket : getTicket, {}, { requestId: `${run}-${n}` })
      const reply = await handle(call)
      process.stdout.write(`${reply.isError ? 'refused' : 'answered'} ${call.requestId}\n`)
    }
  }),
)
await log.close()
