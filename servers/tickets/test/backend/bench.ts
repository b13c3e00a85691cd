import { randomUUID } from 'node:crypto'
import type { OpenBackend } from '@postern/host'
import { effectOn } from '@postern/host/testing/backend'
import type { ReadContext, RowScope, WriteContext } from '@postern/policy'
import type { Store } from '@postern/store'
import type { Proposal } from '../../src/domain/proposal.ts'
import type { NewTicket, TicketPorts, TicketQuery } from '../../src/domain/ticket-ports.ts'

/** What a backend's test brings: an opened backend with the sample set, or the like, in it. */
export interface BackendUnderTest {
  readonly store: Store
  readonly backend: OpenBackend<TicketPorts>
  /** Makes a draft older than its 24 hours. */
  expire(draftId: string): Promise<void>
  /** Gives all tickets of a project the same time of change. */
  level(projectKey: string): Promise<void>
  close(): Promise<void>
}

export const everything: RowScope = [{ tenant: ['acme'] }]

export const proposal: Proposal = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person to push it.',
  priority: 'P2',
  labels: ['archive'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

export const ticket = (change: Partial<NewTicket> = {}): NewTicket => ({ ...proposal, priority: 'P2', ...change })

/** The ports of a backend as a caller of them, Kim of acme unless said otherwise. */
export interface Bench {
  readonly under: BackendUnderTest
  readonly ports: TicketPorts
  reader(tenant?: string, subject?: string): ReadContext
  /** @param key of the effect; a new one for each call otherwise */
  writer(key?: string, tenant?: string, subject?: string): WriteContext
  search(
    query: Partial<TicketQuery>,
    limit?: number,
    rows?: RowScope,
    after?: string,
  ): ReturnType<TicketPorts['tickets']['search']>
  draft(change?: Partial<Proposal>): ReturnType<TicketPorts['drafts']['create']>
}

const kim = 'urn:test\u0000kim'

export function benchOf(under: BackendUnderTest): Bench {
  const { ports } = under.backend
  const { store } = under
  const { signal } = new AbortController()
  const reader = (tenant = 'acme', subject = kim): ReadContext => ({ tenant, subject, signal })
  const writer = (key: string = randomUUID(), tenant = 'acme', subject = kim): WriteContext => ({
    ...reader(tenant, subject),
    effect: effectOn(store, key),
  })
  return {
    under,
    ports,
    reader,
    writer,
    search: (query, limit = 50, rows = everything, after) =>
      ports.tickets.search(
        { project_key: 'OPS', ...query },
        { limit, rows, ...(after !== undefined && { after }) },
        reader(),
      ),
    draft: (change = {}) => ports.drafts.create({ ...proposal, ...change }, writer()),
  }
}
