import { random } from '@postern/host/sample'
import type { NewRow } from '../backends/ticket-row.ts'
import type { Project } from '../domain/project.ts'
import { sectionsText } from './describe.ts'
import { hostileTickets } from './hostile.ts'
import { ops } from './ops.ts'
import { pay } from './pay.ts'
import { type Scenario, slots } from './scenario.ts'
import { web } from './web.ts'

interface SampleTicket extends NewRow {
  /** Milliseconds since the epoch. */
  readonly created_at: number
  readonly updated_at: number
}

export interface SampleSet {
  readonly projects: readonly Project[]
  readonly tickets: readonly SampleTicket[]
}

const seed = 20_260_101
const firstDay = Date.parse('2025-09-01T06:00:00Z')
const dayMs = 24 * 60 * 60 * 1000
const days = 300
/** Tickets made of one scenario; no slot has fewer values, so no two are alike. */
const variants = { acme: 6, globex: 1 } as const

const scenarios = { OPS: ops, WEB: web, PAY: pay } as const
type ProjectKey = keyof typeof scenarios

const rules: Readonly<Record<ProjectKey, Project['rules']>> = {
  OPS: { label_for_priority: { P0: 'incident' } },
  WEB: { templates: ['bug', 'request'], highest_priority: 'P1' },
  PAY: {
    templates: ['bug', 'incident', 'change'],
    template_required: true,
    required_labels: ['payments'],
    label_for_priority: { P0: 'incident' },
  },
}

const people = [
  'aiko.m',
  'bruno.s',
  'chloe.d',
  'elif.y',
  'farah.h',
  'goran.p',
  'hanna.l',
  'ines.r',
  'jonas.w',
  'karim.b',
]
const teams = {
  OPS: ['ops-oncall', 'platform'],
  WEB: ['web-core', 'web-mobile'],
  PAY: ['payments', 'finance-tools'],
} as const

/**
 * Three projects of tenant acme, and the same three of tenant globex with tickets that look alike: whoever sees a
 * ticket of the other tenant sees something he could take for his own. Always the same, from one seed.
 */
export function sampleSet(): SampleSet {
  const next = random(seed)
  const keys = Object.keys(scenarios) as ProjectKey[]
  const tenants = Object.keys(variants) as (keyof typeof variants)[]
  return {
    projects: tenants.flatMap((tenant) =>
      keys.map((project_key) => ({ tenant, project_key, rules: rules[project_key] })),
    ),
    tickets: tenants.flatMap((tenant) => keys.flatMap((key) => numbered(ticketsOf(tenant, key, next)))),
  }
}

type Unnumbered = Omit<SampleTicket, 'number'>

function ticketsOf(tenant: keyof typeof variants, project_key: ProjectKey, next: () => number): Unnumbered[] {
  const common = scenarios[project_key].flatMap((scenario, index) =>
    Array.from({ length: variants[tenant] }, (_, variant) => {
      const fill = filler(index, variant)
      return {
        tenant,
        project_key,
        ...urgencyOf(scenario, next),
        title: fill(scenario.title),
        description: fill(sectionsText(scenario)),
        acceptance_criteria: scenario.criteria.map(fill),
        template_id: scenario.template,
        ...lifeOf(tenant, project_key, next),
      }
    }),
  )
  if (tenant !== 'acme') return common
  const hostile = hostileTickets
    .filter((ticket) => ticket.project_key === project_key)
    .map(({ title, description }) => ({
      tenant,
      project_key,
      priority: 'P2' as const,
      labels: ['mail-in', ...(project_key === 'PAY' ? ['payments'] : [])],
      title,
      description,
      acceptance_criteria: [],
      ...lifeOf(tenant, project_key, next),
      status: 'open' as const,
      reporter_email: 'unknown.sender@mail-in.example',
      assignee: undefined,
    }))
  return [...common, ...hostile]
}

/** Puts values into slots: another one for each variant, the same one wherever the slot stands in a ticket. */
function filler(scenario: number, variant: number): (text: string) => string {
  return (text) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const values = slots[name]
      return values?.[(scenario * 3 + name.length + variant) % values.length] ?? whole
    })
}

function urgencyOf({ template, labels }: Scenario, next: () => number): Pick<SampleTicket, 'priority' | 'labels'> {
  const dice = next()
  const incident = dice < 0.15 ? 'P0' : 'P1'
  return { priority: template === 'incident' ? incident : dice < 0.08 ? 'P1' : dice < 0.6 ? 'P2' : 'P3', labels }
}

/** Old tickets are mostly done, new ones mostly not. */
function lifeOf(tenant: string, project_key: ProjectKey, next: () => number) {
  const age = next()
  const created_at = Math.floor(firstDay + (1 - age) * days * dayMs)
  const done = next() < age
  const status = done
    ? pick(['resolved', 'closed', 'closed'] as const, next)
    : pick(['open', 'open', 'in_progress', 'waiting'] as const, next)
  const updated_at = status === 'open' ? created_at : created_at + Math.floor((0.02 + next()) * 9 * dayMs)
  const assignee = next() < 0.7 ? pick([...teams[project_key], ...people], next) : undefined
  return { status, created_at, updated_at, assignee, reporter_email: `${pick(people, next)}@${tenant}.example` }
}

function pick<T>(values: readonly T[], next: () => number): T {
  return values[Math.floor(next() * values.length)] as T
}

/** The older ticket has the smaller number. */
function numbered(tickets: readonly Unnumbered[]): SampleTicket[] {
  return [...tickets]
    .sort((a, b) => a.created_at - b.created_at)
    .map((ticket, index) => ({ ...ticket, number: index + 1 }))
}
