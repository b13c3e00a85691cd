import { setTimeout as delay } from 'node:timers/promises'
import { canonical } from '@postern/tool'
import type { AuditLog } from '../src/audit-log.ts'
import type { QueryFilters } from '../src/query.ts'
import type { Entry } from '../src/record.ts'
import { sampleCalls } from './sample-entries.ts'

export interface Question {
  readonly asked: string
  readonly filters: QueryFilters
  /** Phase and request of every record that answers it. */
  readonly answer: ReadonlySet<string>
}

const nameOf = (entry: Entry): string => `${entry.phase} ${entry.request}`

/** Records a trail in which twelve questions have known answers, hidden among everyday calls of the same people. */
export async function plant(log: AuditLog, calls: number, seed: number): Promise<Question[]> {
  const all: Entry[] = []
  const next = sampleCalls(log, seed)
  const append = async (entry: Entry) => {
    all.push(entry)
    await log.append(entry, 'kernel')
  }
  const noise = async (count: number) => {
    let left = count
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (left-- > 0) for (const { entry } of next().entries) await append(entry)
      }),
    )
  }
  const base = (): Entry => {
    const calls = next().entries
    const decision = { allowed: true, rule: 'role support-agent' }
    return { ...(calls[0]?.entry as Entry), decision, error: undefined, request: `planted-${all.length}` }
  }
  const read = (more: Partial<Entry>): Entry => ({ ...base(), phase: 'read', effect: 'read', ...more })
  const write = (more: Partial<Entry>): Entry => ({ ...base(), phase: 'outcome', effect: 'write', ...more })
  const eve = { issuer: 'https://id.example.com/', kind: 'user', subject: 'eve' }

  await noise(calls / 4)
  await append(read({ targets: ['CUST-7'] }))
  await append(read({ targets: ['CUST-77'] }))
  await delay(3)
  const since = new Date().toISOString()
  await delay(3)
  for (let n = 0; n < 4; n++) {
    await append(read({ targets: ['CUST-7', 'CUST-8'] }))
    await append(read({ targets: ['CUST-77'] }))
    await noise(calls / 16)
  }
  await delay(3)
  const until = new Date().toISOString()
  await delay(3)
  await append(read({ targets: ['CUST-7'] }))

  await append(write({ principal: eve, purposes: ['incident'] }))
  await append(read({ principal: eve, targets: ['OPS-666'] }))
  const poisonedAt = all.length
  await delay(3)
  await noise(calls / 4)
  await append(write({ principal: eve }))
  await append(read({ principal: eve, credential: 'tok-stolen' }))
  await append(write({ principal: { ...eve, issuer: 'https://other.example.com/' } }))
  await append(read({ credential: 'tok-stolen', purposes: ['support', 'incident'] }))
  const error = { code: 'PERMISSION_DENIED', reason: 'rows' }
  await append(write({ principal: eve, phase: 'denied', decision: { allowed: true, rule: 'x' }, error }))
  await append(write({ write: { key_hmac: log.seal('key-of-the-incident').hmac, state: 'executed' } }))
  await append(read({ traceparent: '00-aaaabbbbccccddddeeeeffff00001111-00f067aa0ba902b7-01', request: 'traced' }))
  await append(write({ approval: 'approval-9', phase: 'approval' }))
  await append(write({ approval: 'approval-9', tenant: 'globex' }))
  await append(read({ input: log.seal(canonical({ email: 'known@example.com' })) }))
  await append(read({ principal: { ...eve, subject: 'grace', actor: 'night-bot' } }))
  await noise(calls / 4)

  const those = (matches: (entry: Entry, index: number) => boolean) => new Set(all.filter(matches).map(nameOf))
  const within = (entry: Entry) => entry.targets?.includes('CUST-7') && entry.targets.includes('CUST-8')
  return [
    {
      asked: 'Who read CUST-7 in that stretch of time?',
      filters: { target: 'CUST-7', since, until },
      answer: those((e) => within(e) === true),
    },
    {
      asked: 'Who ever read CUST-7?',
      filters: { target: 'CUST-7' },
      answer: those((e) => e.targets?.includes('CUST-7') === true),
    },
    {
      asked: 'What was done with a stolen credential?',
      filters: { credential: 'tok-stolen' },
      answer: those((e) => e.credential === 'tok-stolen'),
    },
    {
      asked: 'What was eve refused?',
      filters: { principal: 'eve', decision: 'denied' },
      answer: those((e) => e.principal?.subject === 'eve' && e.phase === 'denied'),
    },
    {
      asked: 'What happened for an incident?',
      filters: { purpose: 'incident' },
      answer: those((e) => e.purposes?.includes('incident') === true),
    },
    {
      asked: 'Which writes followed the read of the poisoned ticket?',
      filters: { after: { target: 'OPS-666' } },
      answer: those(
        (e, i) =>
          i > poisonedAt && e.effect === 'write' && e.principal?.subject === 'eve' && e.principal.issuer === eve.issuer,
      ),
    },
    {
      asked: 'Which write used this idempotency key?',
      filters: { key: log.seal('key-of-the-incident').hmac },
      answer: those((e) => e.write?.key_hmac === log.seal('key-of-the-incident').hmac),
    },
    {
      asked: 'What was this one request?',
      filters: { request: 'traced' },
      answer: those((e) => e.request === 'traced'),
    },
    {
      asked: 'What belongs to this trace?',
      filters: { trace: 'aaaabbbbccccddddeeeeffff00001111' },
      answer: those((e) => e.traceparent?.includes('aaaabbbbccccdddd') === true),
    },
    {
      asked: 'What came of this approval?',
      filters: { approval: 'approval-9' },
      answer: those((e) => e.approval === 'approval-9'),
    },
    {
      asked: 'Did anybody look this value up?',
      filters: { hash: log.seal(canonical({ email: 'known@example.com' })).hmac },
      answer: those((e) => e.input?.hmac === log.seal(canonical({ email: 'known@example.com' })).hmac),
    },
    {
      asked: 'What did the night bot do, for whomever?',
      filters: { principal: 'night-bot' },
      answer: those((e) => e.principal?.actor === 'night-bot'),
    },
  ]
}
