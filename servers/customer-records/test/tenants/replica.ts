import { decideApproval } from '@postern/approvals'
import { ToolError } from '@postern/errors'
import type { Planned } from './plan.ts'
import type { World } from './world.ts'

interface List {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  readonly cursor: string
}
interface Write {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  readonly as: Planned['as']
}

/** One tenant in one world, and what it remembers of its calls: cursors, requests for approval, writes. */
export class Replica {
  readonly lists: List[] = []
  readonly approvals: string[] = []
  readonly writes: Write[] = []
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /**
   * Makes a planned call.
   *
   * @param others what the other tenant remembers; a tenant that is alone makes up ids and cursors of the same form
   */
  async perform(
    { as, what }: Planned,
    others: Pick<Replica, 'lists' | 'approvals' | 'writes'>,
    together: boolean,
  ): Promise<Record<string, unknown>> {
    switch (what.kind) {
      case 'call':
        return this.#call(what.tool, what.input, as)
      case 'read':
        return this.#world.host.read(what.uri, { as })
      case 'resources':
        return this.#resources(as)
      case 'again': {
        const write = at(what.of === 'own' ? this.writes : others.writes, what.pick)
        return write ? this.#call(write.tool, write.input, { ...write.as, tenant: as.tenant }) : {}
      }
      case 'page': {
        const list = at(what.of === 'own' ? this.lists : others.lists, what.pick)
        if (list === undefined) return {}
        const cursor = what.of === 'own' || together ? list.cursor : 'A'.repeat(list.cursor.length)
        return this.#call(list.tool, { ...list.input, cursor }, as)
      }
      case 'decide': {
        const id = at(what.of === 'own' ? this.approvals : others.approvals, what.pick)
        if (id === undefined) return {}
        return this.#decide(what.of === 'own' || together ? id : `${id.slice(0, -4)}none`, what.approve, as)
      }
    }
  }

  async #call(tool: string, sent: Readonly<Record<string, unknown>>, as: Planned['as']) {
    const input = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined))
    const answer = await this.#world.host.call(tool, input, { as })
    if (typeof answer['next_cursor'] === 'string') this.lists.push({ tool, input, cursor: answer['next_cursor'] })
    if ('idempotency_key' in input) this.writes.push({ tool, input, as })
    const { details } = (answer['error'] ?? {}) as { details?: { approval_id?: string } }
    if (details?.approval_id !== undefined) this.approvals.push(details.approval_id)
    return answer
  }

  async #decide(id: string, approve: boolean, approver: Planned['as']): Promise<Record<string, unknown>> {
    const { desk } = this.#world.host
    try {
      return { ...(await decideApproval(desk, { id, decision: approve ? 'approved' : 'denied', approver })) }
    } catch (error) {
      const { code, reason, message, details } = ToolError.from(error)
      return { error: { code, reason, message, details } }
    }
  }

  async #resources(as: Planned['as']): Promise<Record<string, unknown>> {
    const { runtime } = this.#world.host
    const [customer] = runtime.definition.resources
    const reply = await runtime.call({
      target: customer?.listing ?? runtime.tool('resources/list'),
      input: {},
      principal: as,
      client: { transport: 'internal', era: 'internal' },
      signal: new AbortController().signal,
    })
    return JSON.parse(reply.text) as Record<string, unknown>
  }
}

function at<T>(values: readonly T[], pick: number): T | undefined {
  return values.length === 0 ? undefined : values[pick % values.length]
}
