// What a decision costs, in operations per second of one core. Run: pnpm --filter @postern/policy bench
import type { Principal, Target } from '@postern/tool'
import { z } from 'zod'
import { decide, type Policy } from '../src/decide.ts'
import type { Role } from '../src/roles-section.ts'

/** More than the environment files of this repository have: a deployment that has grown. */
const roles = 40
const rolesOfCaller = 8
const tools = 7
/** A single decision is too short for a clock. */
const batch = 1000

/**
 * Decides again and again, for callers and tools in turn, allowed and refused alike.
 *
 * @param rounds how many decisions
 * @returns what one costs in microseconds: on average, and in all but the slowest hundredth of the batches of a thousand
 */
export function measureDecisions({ rounds }: { rounds: number }) {
  const targets = Array.from({ length: tools }, (_, i) => targetOf(i))
  const policy: Policy = {
    roles: Object.fromEntries(Array.from({ length: roles }, (_, i) => [`role-${i}`, roleOf(i)])),
    readOnly: false,
    version: 'bench',
  }
  const callers = Array.from({ length: roles }, (_, i) => callerOf(i))
  let allowed = 0
  const run = (from: number, to: number): number => {
    const began = performance.now()
    for (let i = from; i < to; i++) {
      const caller = callers[i % callers.length]
      const target = targets[i % targets.length]
      if (caller && target && decide(policy, caller, target).allowed) allowed += 1
    }
    return performance.now() - began
  }
  // Until the compiler has seen it all.
  run(0, 50_000)
  allowed = 0
  const batches: number[] = []
  for (let done = 0; done < rounds; done += batch) batches.push(run(done, Math.min(done + batch, rounds)))
  const ms = batches.reduce((sum, one) => sum + one, 0)
  return {
    perSecond: Math.round((rounds / ms) * 1000),
    micros: (ms / rounds) * 1000,
    micros99: batches.sort((a, b) => a - b)[Math.floor(batches.length * 0.99)] ?? 0,
    allowedShare: allowed / rounds,
  }
}

function roleOf(i: number): Role {
  return {
    purposes: [`purpose-${i % 5}`, 'support'],
    tools: Array.from({ length: tools }, (_, tool) => `tool_${tool}`).filter((_, tool) => (i + tool) % 3 !== 0),
    resources: [],
    rows: { project: { in: '$projects' } },
    mask: ['reporter_email'],
    read_only: i % 4 === 0,
    limits: { tool_0: '20/min' },
  }
}

function callerOf(i: number): Principal {
  return {
    issuer: 'https://id.example.com/',
    subject: `caller-${i}`,
    tenant: 'acme',
    kind: 'user',
    credentialId: `${i}`,
    scopes: i % 3 === 0 ? ['bench:read'] : ['bench:read', 'bench:write'],
    roles: Array.from({ length: rolesOfCaller }, (_, j) => `role-${(i * 7 + j * 3) % roles}`),
    attributes: { projects: ['OPS', 'WEB'] },
    purposes: i % 5 === 0 ? ['marketing'] : ['support'],
    readOnly: false,
  }
}

function targetOf(i: number): Target {
  const effect = i % 2 === 0 ? 'read' : 'write'
  return {
    kind: 'tool',
    known: true,
    name: `tool_${i}`,
    version: '1.0.0',
    effect,
    scope: `bench:${effect}`,
    limits: {},
    input: z.unknown(),
    output: z.unknown(),
    run: async () => ({}),
  }
}

if (import.meta.main) {
  const { perSecond, micros, micros99 } = measureDecisions({ rounds: 1_000_000 })
  process.stdout.write(
    `decision ${perSecond.toLocaleString('en')} /s, ${micros.toFixed(2)} us, in 99 of 100 batches below ${micros99.toFixed(2)} us\n`,
  )
}
