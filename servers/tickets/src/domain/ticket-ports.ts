import { type Create, definePort, type Get, type List } from '@postern/policy'
import type { Draft } from './draft.ts'
import type { Project } from './project.ts'
import type { Proposal } from './proposal.ts'
import { type Template, templateKey } from './template.ts'
import type { Priority, Status, Ticket } from './ticket.ts'

/** All conditions must hold. Newest change first. */
export interface TicketQuery {
  readonly project_key: string
  readonly status?: readonly Status[] | undefined
  readonly priority?: readonly Priority[] | undefined
  readonly label?: string | undefined
  /** Words of id, title or description, folded (see `fold`); `match` says whether all must occur or one is enough. */
  readonly words?: { readonly match: 'all' | 'any'; readonly terms: readonly string[] } | undefined
}

/** A proposal that passed the rules. */
export interface NewTicket extends Proposal {
  readonly priority: Priority
  readonly reporter_email?: string | undefined
  /** The draft this ticket uses up. Marking it used and making the ticket final is one step. */
  readonly draft_id?: string | undefined
}

export interface Tickets {
  readonly get: Get<Ticket>
  readonly search: List<TicketQuery, Ticket>
  /**
   * Opens a ticket and uses up its draft, once: a backend in the server's store does both in one `effect.commit`; a
   * vendor's marks the draft with `effect.also` and opens the ticket with `effect.send`.
   *
   * @throws ToolError CONFLICT/draft_used when another write took the draft in the meantime
   */
  readonly create: Create<NewTicket, Ticket>
}

/** Drafts always live in the server's own store, whatever backend the tickets are in. */
export interface Drafts {
  /** Expired ones are absent. */
  readonly get: Get<Draft>
  readonly create: Create<Proposal, Draft>
}

export interface Templates {
  /** By `templateKey`, such as OPS/bug. */
  readonly get: Get<Template>
  readonly list: List<{ readonly project_key?: string; readonly template_id?: string }, Template>
}

export interface Projects {
  /** At most one. A list and not a get: absent and not granted must be one answer, and it is ours to choose. */
  readonly find: List<{ readonly project_key: string }, Project>
}

export interface TicketPorts {
  readonly tickets: Tickets
  readonly drafts: Drafts
  readonly templates: Templates
  readonly projects: Projects
}

const rows = (item: { readonly tenant: string; readonly project_key: string }) => ({
  tenant: item.tenant,
  project: item.project_key,
})

/** How each port is put under the caller's rows and masks. */
export const ticketPorts = {
  tickets: definePort<Tickets, Ticket>({
    noun: 'ticket',
    id: ({ ticket_id }) => ticket_id,
    attributes: rows,
    maskable: ['reporter_email'],
    methods: {
      get: { kind: 'get' },
      search: { kind: 'list', uses: usedFields },
      create: { kind: 'create', attributes: (input) => ({ project: input.project_key }) },
    },
  }),
  drafts: definePort<Drafts, Draft>({
    noun: 'draft',
    id: ({ draft_id }) => draft_id,
    own: true,
    attributes: (draft) => ({ ...rows(draft), owner: draft.owner }),
    maskable: [],
    methods: {
      get: { kind: 'get' },
      create: { kind: 'create', attributes: (input) => ({ project: input.project_key }) },
    },
  }),
  templates: definePort<Templates, Template>({
    noun: 'template',
    id: templateKey,
    attributes: rows,
    maskable: [],
    methods: { get: { kind: 'get' }, list: { kind: 'list', uses: () => ['project_key', 'template_id'] } },
  }),
  projects: definePort<Projects, Project>({
    noun: 'project',
    id: ({ project_key }) => project_key,
    attributes: rows,
    maskable: [],
    methods: { find: { kind: 'list', uses: () => ['project_key'] } },
  }),
}

function usedFields(query: TicketQuery): readonly string[] {
  const named = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  return named.flatMap((name) => (name === 'words' ? ['title', 'description'] : name === 'label' ? ['labels'] : [name]))
}
