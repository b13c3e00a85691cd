import { seeded } from '@postern/testing'
import type { AuditLog } from '../src/audit-log.ts'
import type { Entry } from '../src/record.ts'

const people = ['ada', 'grace', 'linus', 'zoë', 'bot-7', 'margaret']
const reads = ['search_tickets', 'get_ticket', 'whoami']
const writes = ['create_ticket', 'draft_ticket']

export interface SampleCall {
  readonly entries: readonly { readonly entry: Entry; readonly durable: boolean }[]
}

/** Calls as a busy server records them: reads, refusals, and writes as pairs. The same seed gives the same calls. */
export function sampleCalls(log: Pick<AuditLog, 'seal' | 'keyId'>, seed: number): () => SampleCall {
  const random = seeded(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.trunc(random() * list.length)] as T
  let n = 0
  return () => {
    n += 1
    const write = random() < 0.2
    const tool = pick(write ? writes : reads)
    const who = pick(people)
    const id = `OPS-${1 + Math.trunc(random() * 500)}`
    const base: Omit<Entry, 'phase'> = {
      request: `${seed}-${n}`,
      traceparent: `00-${String(seed).padStart(16, '0')}${String(n).padStart(16, '0')}-00f067aa0ba902b7-01`,
      client: { era: 'modern', transport: 'http' },
      target: { kind: 'tool', name: tool, version: '1.0.0' },
      effect: write ? 'write' : 'read',
      tenant: 'acme',
      principal: { client_id: 'desktop', issuer: 'https://id.example.com/', kind: 'user', subject: who },
      purposes: ['support'],
      credential: `tok-${who}`,
      scopes: { held: ['tickets:read', 'tickets:write'], needed: write ? 'tickets:write' : 'tickets:read' },
      input: log.seal(`{"id":"${id}"}`),
      key_id: log.keyId,
    }
    const done: Partial<Entry> = {
      decision: { allowed: true, rule: 'role support-agent' },
      targets: [id],
      rows: 1,
      output: log.seal(`{"status":"ok","ticket":{"id":"${id}","n":${n}}}`),
      duration_ms: Math.round(random() * 10_000) / 1000,
    }
    if (write) {
      const key = { key_hmac: log.seal(`key-${seed}-${n}`).hmac }
      return {
        entries: [
          { entry: { ...base, write: key, phase: 'intent' }, durable: true },
          { entry: { ...base, ...done, write: { ...key, state: 'executed' }, phase: 'outcome' }, durable: true },
        ],
      }
    }
    if (random() < 0.1) {
      const error = { code: 'PERMISSION_DENIED', reason: 'not_granted' }
      const decision = { allowed: false, rule: 'not granted' }
      return {
        entries: [
          { entry: { ...base, ...done, targets: undefined, decision, error, phase: 'denied' }, durable: false },
        ],
      }
    }
    return { entries: [{ entry: { ...base, ...done, phase: 'read' }, durable: false }] }
  }
}
