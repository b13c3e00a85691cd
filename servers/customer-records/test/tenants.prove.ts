import { comparable } from './tenants/comparable.ts'
import { type Planned, plan, sample } from './tenants/plan.ts'
import { Replica } from './tenants/replica.ts'
import { openWorld, type Tenant, type World } from './tenants/world.ts'

export interface TenantsFigures {
  readonly calls: number
  /** Calls that were answered with success, so that there was something to leak. */
  readonly answered: number
  readonly backendCalls: number
  /** Answers that differ from those of a server which never heard of the other tenant. */
  readonly differentAnswers: number
  readonly differentBackendCalls: number
  /** Answers that hold an id, owner or telephone number of the other tenant that the caller had not sent. */
  readonly leaks: number
  /** The first of them, for whoever has to find out why. */
  readonly examples: readonly string[]
}

const examplesMax = 5

/**
 * Makes mixed calls of two tenants whose customers have the same names to one server, and each of them also to a server
 * that has the data of its tenant alone. Whatever the other tenant has or does, the answers must be the same, and so must
 * the number and kind of calls to the backend.
 */
export async function proveTenants({ calls, seed }: { calls: number; seed: number }): Promise<TenantsFigures> {
  const [together, acme, globex] = await Promise.all([openWorld(), openWorld('acme'), openWorld('globex')])
  const both = { acme: sideOf(together), globex: sideOf(together) }
  const alone = { acme: sideOf(acme), globex: sideOf(globex) }
  const figures = { answered: 0, backendCalls: 0, differentAnswers: 0, differentBackendCalls: 0, leaks: 0 }
  const examples: string[] = []
  const report = (what: string, step: Planned, ...said: string[]) => {
    if (examples.length < examplesMax) examples.push([what, JSON.stringify(step), ...said].join('\n'))
  }
  try {
    for (const step of plan(calls, seed)) {
      const { tenant } = step
      const other = tenant === 'acme' ? 'globex' : 'acme'
      const here = await perform(step, both[tenant], both[other].replica, true)
      const there = await perform(step, alone[tenant], both[other].replica, false)
      figures.backendCalls += here.backend.length
      if (!here.text.includes('"error"')) figures.answered += 1
      if (here.text !== there.text) {
        figures.differentAnswers += 1
        report('answers differ', step, here.text, there.text)
      }
      if (here.backend.join() !== there.backend.join()) {
        figures.differentBackendCalls += 1
        report('backend calls differ', step, here.backend.join(), there.backend.join())
      }
      const leaked = foreign(other, here.text).find((value) => !JSON.stringify(step).includes(value))
      if (leaked !== undefined) {
        figures.leaks += 1
        report(`leaks ${leaked}`, step, here.text)
      }
    }
  } finally {
    await Promise.all([together, acme, globex].map((world) => world.close()))
  }
  return { calls, ...figures, examples }
}

interface Side {
  readonly world: World
  readonly replica: Replica
  readonly seen: Map<string, string>
}

const sideOf = (world: World): Side => ({ world, replica: new Replica(world), seen: new Map() })

async function perform(step: Planned, side: Side, others: Replica, isTogether: boolean) {
  side.world.backendCalls()
  const answer = await side.replica.perform(step, others, isTogether)
  return { text: comparable(answer, side.seen), backend: side.world.backendCalls() }
}

const words = { acme: wordsOf('acme'), globex: wordsOf('globex') }

function wordsOf(tenant: Tenant): ReadonlySet<string> {
  const { customers, opportunities, activities } = sample[tenant]
  return new Set([
    ...customers.flatMap(({ customer_id, owner, phone }) => [
      customer_id,
      ...(owner ? [owner] : []),
      ...(phone ? [phone] : []),
    ]),
    ...opportunities.map(({ opportunity_id }) => opportunity_id),
    ...activities.map(({ activity_id }) => activity_id),
  ])
}

/** The words of an answer that only the other tenant knows. */
function foreign(other: Tenant, text: string): string[] {
  const own = words[other === 'acme' ? 'globex' : 'acme']
  return (text.match(/[\w.+@-]+/g) ?? []).filter((word) => words[other].has(word) && !own.has(word))
}
