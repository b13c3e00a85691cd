import { part } from './replies.ts'
import type { Data, Reply } from './scene.ts'
import { brief } from './show.ts'

export function customers(reply: Reply): readonly Data[] {
  return (reply.ok ? reply.data['customers'] : []) as readonly Data[]
}

export function customerRows(reply: Reply): readonly string[] {
  return customers(reply).map(({ customer_id, status, region, untrusted }) => {
    const { name, company } = (untrusted ?? {}) as Data
    return `${customer_id}  ${status}  ${region}  ${brief(name)}, ${brief(company)}`
  })
}

/** The deals that somebody still works on. */
export function deals(reply: Reply): readonly Data[] {
  return (part(reply, 'customer')['open_opportunities'] ?? []) as readonly Data[]
}

export function summary(reply: Reply): readonly string[] {
  const { status, owner, lifetime_value } = part(reply, 'customer')
  if (!reply.ok) return []
  const value = (lifetime_value ?? {}) as Data
  const worth = lifetime_value === undefined ? '' : `, ${value['amount']} ${value['currency']} so far`
  return [
    `${status} of ${owner}${worth}`,
    ...deals(reply).map(
      (deal) =>
        `${deal['opportunity_id']}  ${deal['stage']}  ${deal['amount']} ${deal['currency']}  ${brief(((deal['untrusted'] ?? {}) as Data)['name'])}`,
    ),
  ]
}

export function note(reply: Reply): readonly string[] {
  const { activity_id } = part(reply, 'note')
  return reply.ok ? [String(activity_id), ...(reply.replayed ? ['marked as a replay'] : [])] : []
}

export function deal(reply: Reply): readonly string[] {
  const { opportunity_id, stage } = part(reply, 'opportunity')
  return reply.ok ? [`${opportunity_id}  ${stage}`, ...(reply.replayed ? ['marked as a replay'] : [])] : []
}
