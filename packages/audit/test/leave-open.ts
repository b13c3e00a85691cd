// A process that begins writes, records so many reads behind them, and then waits to be killed.
import { setInterval } from 'node:timers'
import { callOf, createTicket } from './pipeline.ts'
import { logIn } from './recorded-trail.ts'

const [dataDirectory = '', requests = '', reads = '0', heartbeatMs = '60000'] = process.argv.slice(2)
const log = await logIn(dataDirectory, { heartbeatMs: Number(heartbeatMs) })
const { principal, target } = callOf(createTicket)
for (const request of requests.split(','))
  await log.append(
    {
      phase: 'intent',
      request,
      target: { kind: 'tool', name: target.name, version: target.version },
      tenant: principal.tenant,
      principal: { issuer: principal.issuer, kind: principal.kind, subject: principal.subject },
      write: { claim: `claim-of-${request}`, store: 'own' },
    },
    'durable',
  )
for (let n = 0; n < Number(reads); n++) await log.append({ phase: 'read', request: `read-${n}` }, 'kernel')
process.stdout.write('ready\n')
setInterval(() => {}, 1_000)
