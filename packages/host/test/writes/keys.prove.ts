import { developmentIssuer } from '@postern/auth'
import { type HttpServer, seeded } from '@postern/testing'
import { type Answer, callTool, outcomeOf, type ToolCall } from './call-tool.ts'
import { entriesSubject } from './entries-subject.ts'
import { Fleet } from './fleet.ts'
import { openStage, type Stage } from './stage.ts'
import type { Figures } from './tally.ts'

const kind = { path: 'direct', leaseMs: 30_000 } as const
const principals = {
  ana: { subject: 'ana', tenant: 'acme' },
  ben: { subject: 'ben', tenant: 'acme' },
  elsewhere: { subject: 'ana', tenant: 'globex' },
} as const
type Name = keyof typeof principals

/** What somebody else does with a key that ana has used; and what they must be told. */
const tries = [
  { name: 'another subject', as: 'ben', tool: 'post_entry', same: true, told: 'ok' },
  { name: 'another tenant', as: 'elsewhere', tool: 'post_entry', same: true, told: 'ok' },
  { name: 'another tool', as: 'ana', tool: 'keep_entry', same: true, told: 'ok' },
  { name: 'other arguments', as: 'ana', tool: 'post_entry', same: false, told: 'CONFLICT/key_reused' },
] as const satisfies readonly { as: Name; told: string; [key: string]: unknown }[]

/**
 * Uses a key a second time: as another caller, for another tool, or with other arguments; while the first call runs and
 * after it has ended. The first two are writes of their own; the last is refused. Nobody learns anything of the first.
 */
export async function proveKeys({ rounds, seed }: { rounds: number; seed: number }): Promise<Figures> {
  const stage = await openStage(entriesSubject, 'sqlite')
  const fleet = new Fleet(stage, kind)
  const random = seeded(seed)
  const counts = {
    rounds: 0,
    'told otherwise': 0,
    'effects missing or too many': 0,
    'anything of the first revealed': 0,
  }
  try {
    const server = await fleet.witness
    const tokens = tokensFor(stage)
    for (; counts.rounds < rounds; counts.rounds++) {
      const one = tries[Math.floor(random() * tries.length)] ?? tries[0]
      const { first, second, effects, expected } = await tryOnce(stage, server, tokens, {
        ...one,
        running: random() < 0.5,
        n: counts.rounds,
      })
      if (second === undefined || outcomeOf(second) !== one.told) counts['told otherwise'] += 1
      if (effects !== expected) counts['effects missing or too many'] += 1
      if (second && reveals(second, first)) counts['anything of the first revealed'] += 1
    }
    return counts
  } finally {
    await fleet.close()
    await stage.close()
  }
}

export function keepsKeys({ rounds: _, ...figures }: Figures): boolean {
  return Object.values(figures).every((count) => count === 0)
}

interface Try {
  readonly as: Name
  readonly tool: string
  /** Same arguments as the first. */
  readonly same: boolean
  readonly told: string
  /** While the first is still on its way. */
  readonly running: boolean
  readonly n: number
}

async function tryOnce(stage: Stage, server: HttpServer, tokens: Readonly<Record<Name, string>>, one: Try) {
  const marker = `first-${one.n}-`
  const other = one.same ? marker : `other-${one.n}-`
  const key = `key-used-by-several-${one.n}`
  const call = (as: Name, tool: string, text: string): ToolCall => ({
    tool,
    key,
    input: { marker: text },
    token: tokens[as],
  })
  if (one.running) await stage.upstream.fail(marker, { do: 'hold', at: 'before' })
  const begun = callTool(server, call('ana', 'post_entry', marker))
  await (one.running ? stage.upstream.held(marker) : begun)
  const second = await callTool(server, call(one.as, one.tool, other))
  if (one.running) await stage.upstream.release(marker)
  const first = await begun
  const all = await stage.effects()
  const effects = [...new Set([marker, other])].reduce((sum, each) => sum + (all[each] ?? 0), 0)
  return { first, second, effects, expected: one.told === 'ok' ? 2 : 1 }
}

/** The id that the first call got, its request id or the mark of a replay; the refusal must not even name the marker. */
function reveals(second: Answer, first: Answer | undefined): boolean {
  const id = /"entry_id":"([^"]+)"/.exec(first?.text ?? '')?.[1] ?? 'nothing'
  const whole = JSON.stringify(second)
  return whole.includes(`"${id}"`) || whole.includes('replayed') || (second.isError && whole.includes('first-'))
}

function tokensFor({ data }: Stage): Readonly<Record<Name, string>> {
  const issuer = developmentIssuer(data)
  const sign = ({ subject, tenant }: (typeof principals)[Name]) =>
    issuer.sign({
      subject,
      tenant,
      kind: 'user',
      scopes: ['entries:write'],
      roles: ['writer'],
      attributes: {},
      purposes: [],
      readOnly: false,
      audience: 'http://127.0.0.1/mcp',
      ttlSeconds: 3600,
    })
  return { ana: sign(principals.ana), ben: sign(principals.ben), elsewhere: sign(principals.elsewhere) }
}
