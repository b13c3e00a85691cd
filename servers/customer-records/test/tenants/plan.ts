import { random } from '@postern/host/sample'
import type { Principal } from '@postern/tool'
import { Stage } from '../../src/domain/stage.ts'
import { sampleSet } from '../../src/sample/sample-set.ts'
import type { Tenant } from './world.ts'

/** One call of one tenant, before it is known what a world makes of it. */
export interface Planned {
  readonly tenant: Tenant
  readonly as: Principal
  readonly what:
    | { readonly kind: 'call'; readonly tool: string; readonly input: Readonly<Record<string, unknown>> }
    /** Goes on with a list of its own, or tries the cursor of the other tenant; `pick` chooses which. */
    | { readonly kind: 'page'; readonly of: 'own' | 'other'; readonly pick: number }
    /** Decides about a request for approval, of its own tenant or of the other. */
    | { readonly kind: 'decide'; readonly of: 'own' | 'other'; readonly pick: number; readonly approve: boolean }
    /** Makes an earlier write again, with its key and under its subject; its own, or one of the other tenant. */
    | { readonly kind: 'again'; readonly of: 'own' | 'other'; readonly pick: number }
    | { readonly kind: 'read'; readonly uri: string }
    | { readonly kind: 'resources' }
}

const set = sampleSet()
export const sample = { acme: of('acme'), globex: of('globex') }
const tenants: readonly Tenant[] = ['acme', 'globex']
const regions = ['DACH', 'FRANCE', 'IBERIA', 'UKI', 'CEE', 'JAPAN', 'MENA', 'LATAM']

function of(tenant: Tenant) {
  const own = <T extends { readonly tenant: string }>(rows: readonly T[]) => rows.filter((row) => row.tenant === tenant)
  return {
    customers: own(set.customers),
    opportunities: own(set.opportunities),
    activities: own(set.activities),
  }
}

/** Mixed calls of both tenants, about customers who have the same names, by callers who have the same ids. */
export function* plan(calls: number, seed: number): Generator<Planned> {
  const next = random(seed)
  const whole = (max: number) => Math.floor(next() * max)
  const pick = <T>(values: readonly T[]): T => values[whole(values.length)] as T
  const maybe = <T>(share: number, value: () => T): T | undefined => (next() < share ? value() : undefined)
  /** Mostly of the tenant itself, often of the other one, sometimes of nobody. */
  const whose = (tenant: Tenant) => (next() < 0.6 ? tenant : tenants.find((other) => other !== tenant)) ?? tenant
  const nobody = (prefix: string) => maybe(0.1, () => `${prefix}_none${whole(9)}`)
  const customer = (tenant: Tenant) => pick(sample[whose(tenant)].customers)
  const customerId = (tenant: Tenant) => nobody('cus') ?? customer(tenant).customer_id

  function search(tenant: Tenant) {
    const one = customer(tenant)
    return {
      name: maybe(0.6, () => pick(one.name.split(' '))),
      company: maybe(0.2, () => one.company),
      email: maybe(0.15, () => one.email ?? undefined),
      status: maybe(0.2, () => [one.status]),
      region: maybe(0.2, () => [pick(regions)]),
      owner: maybe(0.1, () => one.owner ?? undefined),
      limit: 1 + whole(12),
    }
  }
  function move(tenant: Tenant) {
    const deal = pick(sample[whose(tenant)].opportunities)
    return {
      opportunity_id: nobody('opp') ?? deal.opportunity_id,
      expected_stage: next() < 0.8 ? deal.stage : pick(Stage.options),
      stage: pick(Stage.options),
      reason: `Reason ${whole(3)}`,
    }
  }
  function what(tenant: Tenant): Planned['what'] {
    // Both tenants use the same keys, for the same and for other arguments.
    const idempotency_key = `tenants-shared-key-${whole(400)}`
    const call = (tool: string, input: Readonly<Record<string, unknown>>) => ({ kind: 'call' as const, tool, input })
    const other = () => (next() < 0.5 ? ('own' as const) : ('other' as const))
    const dice = whole(100)
    if (dice < 22) return call('search_customers', search(tenant))
    if (dice < 34) return { kind: 'page', of: other(), pick: whole(1000) }
    if (dice < 50) return call('get_customer_summary', { customer_id: customerId(tenant) })
    if (dice < 64)
      return call('list_customer_activity', {
        customer_id: customerId(tenant),
        activity_id: maybe(0.3, () => pick(sample[whose(tenant)].activities).activity_id),
        limit: 1 + whole(5),
      })
    if (dice < 74)
      return call('log_note', { customer_id: customerId(tenant), note: `Note ${whole(3)}`, idempotency_key })
    if (dice < 84) return call('update_opportunity_stage', { ...move(tenant), idempotency_key })
    if (dice < 88) return { kind: 'decide', of: other(), pick: whole(1000), approve: next() < 0.7 }
    if (dice < 93) return { kind: 'again', of: other(), pick: whole(1000) }
    if (dice < 97) return { kind: 'read', uri: `customer://${customerId(tenant)}` }
    return dice < 98 ? { kind: 'resources' } : call(pick(['whoami', 'list_scopes']), {})
  }

  for (let i = 0; i < calls; i++) {
    const tenant = pick(tenants)
    yield { tenant, as: callerOf(tenant, pick(regions), pick(roles), whole(2)), what: what(tenant) }
  }
}

const roles = ['support-agent', 'account-manager', 'sales-manager', 'auditor'] as const

/** Nothing but the tenant tells callers apart: subjects, roles and attributes occur in both. */
function callerOf(tenant: Tenant, region: string, role: (typeof roles)[number], number: number): Principal {
  return {
    issuer: 'urn:postern:tenants',
    subject: role === 'account-manager' ? managerOf(region, number) : `${role}-${number}`,
    tenant,
    kind: 'user',
    credentialId: 'tenants',
    scopes: ['customers:write', 'opportunities:write'],
    roles: [role],
    attributes: { regions: role === 'sales-manager' ? regions : [region, 'UKI'] },
    purposes: ['support', 'sales', 'audit'],
    readOnly: false,
  }
}

/** Who owns customers of one tenant, and of the other none. */
function managerOf(region: string, number: number): string {
  const { customers } = sample[tenants[number] ?? 'acme']
  return customers.find((one) => one.region === region && one.owner !== null)?.owner ?? 'nobody'
}
