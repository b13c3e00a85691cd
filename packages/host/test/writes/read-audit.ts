import { auditSection, openTrails, verify } from '@postern/audit'
import { traceId } from './call-tool.ts'
import type { Stage } from './stage.ts'

/** What the audit trail has of one write, over all its calls. */
export interface Recorded {
  readonly intents: number
  /** Intents without an outcome. */
  readonly open: number
  /** Outcomes of the state `executed`. */
  readonly executed: number
  /** Records that close a call: one for each answer. */
  readonly closed: number
}

/** A trail as verify judges it. */
export interface AuditReading {
  /** 0 is intact. */
  readonly exitCode: number
  /** What is wrong with it. */
  readonly findings: readonly string[]
  /** Intents without an outcome, of all writes. */
  readonly open: number
  of(marker: string): Recorded
}

export async function readAudit(stage: Stage): Promise<AuditReading> {
  const [trail] = await openTrails({
    section: auditSection.parse({ sink: stage.auditIn }),
    environment: 'development',
    server: stage.subject.server.name,
    dataDirectory: stage.data,
    store: stage.store,
  })
  if (trail === undefined) throw new Error('there is no trail')
  const calls = new Map<string, { trace?: string; intents: number; closed: number; outcomes: string[] }>()
  const { exitCode, findings, open } = await verify({
    trail,
    onRecord(line) {
      const { phase, request, traceparent, write } = JSON.parse(line) as Line
      if (request === undefined) return
      const call = calls.get(request) ?? { intents: 0, closed: 0, outcomes: [] }
      calls.set(request, call)
      if (traceparent !== undefined) call.trace = traceparent.split('-')[1] ?? ''
      if (phase === 'intent') call.intents += 1
      else if (traceparent !== undefined) call.closed += 1
      if (phase === 'outcome') call.outcomes.push(write?.state ?? '')
    },
  })
  const byTrace = Map.groupBy(calls.values(), (call) => call.trace)
  return {
    exitCode,
    findings: findings.map(({ kind, chain, seq, what }) => `${chain}@${seq}: ${kind}: ${what}`),
    open: open.length,
    of(marker) {
      const own = byTrace.get(traceId(marker)) ?? []
      const sum = (value: (call: (typeof own)[number]) => number) => own.reduce((all, call) => all + value(call), 0)
      return {
        intents: sum((call) => call.intents),
        open: sum((call) => Math.max(0, call.intents - call.outcomes.length)),
        executed: sum((call) => call.outcomes.filter((state) => state === 'executed').length),
        closed: sum((call) => call.closed),
      }
    },
  }
}

interface Line {
  readonly phase: string
  readonly request?: string
  readonly traceparent?: string
  readonly write?: { readonly state?: string }
}
