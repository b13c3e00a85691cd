import type { ActivityRow, ContactRow, CustomerRow, OpportunityRow } from '../backends/tables.ts'
import type { Status } from '../domain/customer.ts'
import type { Stage } from '../domain/stage.ts'
import type { Dice } from './dice.ts'
import { colleagueOf, identityOf } from './identity.ts'
import { dayAfter, dayAhead, dayOf, momentsAfter, pathTo, startOf } from './life.ts'
import type { Locale } from './locale.ts'
import type { Tenant } from './tenant.ts'

/** All that one CRM holds about one customer; the customer without the keys of the store. */
export interface Records {
  readonly customer: Omit<CustomerRow, 'name_key' | 'search_name' | 'search_company' | 'search_email'>
  readonly contacts: readonly ContactRow[]
  readonly opportunities: readonly OpportunityRow[]
  readonly activities: readonly ActivityRow[]
}

const statuses: readonly Status[] = [
  'lead',
  'lead',
  'prospect',
  'prospect',
  'customer',
  'customer',
  'customer',
  'churned',
]
const openStages: readonly Stage[] = ['qualification', 'discovery', 'proposal', 'negotiation']

/** The customer with this number in a region, as a tenant knows them. */
export function recordsOf(tenant: Tenant, locale: Locale, index: number, dice: Dice): Records {
  const status = dice.pick(statuses)
  const start = startOf(dice)
  const owner = dice.pick(tenant.owners[locale.region] ?? [])
  const id = { tenant: tenant.tenant, customer_id: dice.id('cus') }
  const colleagues = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, (_, i) => colleagueOf(locale, index * 3 + i))
  const fill = filler(tenant, colleagues[0] ?? identityOf(locale, index).name, dice)
  const author = () => (dice.next() < 0.85 ? owner : dice.pick(tenant.owners[locale.region] ?? []))

  const talks = momentsAfter(start, status === 'lead' ? dice.whole(0, 2) : dice.whole(1, 3), dice).map((at) => {
    const type = dice.pick(['note', 'call', 'call', 'meeting'] as const)
    return { ...activity(id, dice, at, author()), type, text: fill(dice.pick(locale[`${type}s`]), at) }
  })
  const deals = stagesOf(status, dice).map((stage) => {
    const path = pathTo(stage, dice)
    const moments = momentsAfter(start, path.length - 1, dice)
    const opportunity_id = dice.id('opp')
    const name = fill(dice.pick(locale.deals), start)
    const changes = moments.map((at, i) => ({
      ...activity(id, dice, at, author()),
      type: 'stage_change',
      text: fill(reason(locale, path[i + 1], dice), at),
      opportunity_id,
      from_stage: path[i] ?? null,
      to_stage: path[i + 1] ?? null,
    }))
    // Where a moment fell away, the last changes did not happen.
    const reached = path[moments.length] ?? stage
    const lastAt = moments.at(-1) ?? start
    return {
      changes,
      opportunity: {
        ...id,
        opportunity_id,
        name,
        stage: reached,
        amount: money(dice, locale, 90_000),
        currency: locale.currency,
        close_date: reached.startsWith('closed') ? dayOf(lastAt) : dice.next() < 0.85 ? dayAhead(dice) : null,
      },
    }
  })

  return {
    customer: {
      ...id,
      ...known(identityOf(locale, index), locale, dice),
      status,
      region: locale.region,
      owner: dice.next() < 0.97 ? owner : null,
      lifetime_value: status === 'lead' ? null : status === 'prospect' ? 0 : money(dice, locale, 400_000),
      currency: status === 'lead' ? null : locale.currency,
      created_at: start,
      last_contact: talks.filter(({ type }) => type !== 'note').at(-1)?.at ?? null,
    },
    contacts: colleagues.map((name) => ({ ...id, contact_id: dice.id('con'), name, role: dice.pick(locale.roles) })),
    opportunities: deals.map(({ opportunity }) => opportunity),
    activities: [...talks, ...deals.flatMap(({ changes }) => changes)],
  }
}

/** Of some customers nobody knows the address or the number. */
function known(identity: ReturnType<typeof identityOf>, { phone: [prefix, digits] }: Locale, dice: Dice) {
  const number = String(dice.whole(0, 10 ** digits - 1)).padStart(digits, '0')
  return {
    name: identity.name,
    company: identity.company,
    email: dice.next() < 0.93 ? identity.email : null,
    phone: dice.next() < 0.85 ? `${prefix}${number}` : null,
  }
}

function stagesOf(status: Status, dice: Dice): Stage[] {
  switch (status) {
    case 'lead':
      return dice.next() < 0.4 ? ['qualification'] : []
    case 'prospect':
      return [dice.pick(openStages)]
    case 'customer':
      return dice.next() < 0.35 ? ['closed_won', dice.pick(openStages)] : ['closed_won']
    case 'churned':
      return ['closed_lost']
  }
}

function activity(id: { tenant: string; customer_id: string }, dice: Dice, at: number, author: string) {
  return { ...id, activity_id: dice.id('act'), at, author, opportunity_id: null, from_stage: null, to_stage: null }
}

/** `progress` has a reason for each step after qualification. */
function reason(locale: Locale, to: Stage | undefined, dice: Dice): string {
  if (to === 'closed_lost') return dice.pick(locale.losses)
  const step = to === 'closed_won' ? openStages.length : openStages.indexOf(to ?? 'qualification')
  return locale.progress[step - 1] ?? ''
}

/** Small amounts are more common than large ones; two digits count. */
function money(dice: Dice, { perEuro }: Locale, euroMax: number): number {
  const amount = (500 + dice.next() ** 3 * euroMax) * perEuro
  const unit = 10 ** (Math.floor(Math.log10(amount)) - 1)
  return Math.round(amount / unit) * unit
}

function filler(tenant: Tenant, person: string, dice: Dice): (text: string, at: number) => string {
  return (text, at) =>
    text.replace(/\{(\w+)\}/g, (_, slot: string) => {
      if (slot === 'product') return dice.pick(tenant.products)
      if (slot === 'person') return person
      return slot === 'day' ? dayAfter(at, dice) : String(dice.whole(6, 10))
    })
}
