import { z } from 'zod'
import type { Stage } from './stage.ts'

export const ActivityId = z.string().regex(/^[A-Za-z\d][\w-]{2,39}$/)

export const ActivityType = z.enum(['note', 'call', 'meeting', 'stage_change'])
export type ActivityType = z.infer<typeof ActivityType>

/** Something that happened with a customer. It is never changed. `author` and `text` are text of people: never trusted. */
export interface Activity {
  readonly tenant: string
  readonly activity_id: string
  readonly customer_id: string
  /** Of the customer as it is today, who decides about access. */
  readonly region: string
  readonly owner: string | null
  readonly type: ActivityType
  /** ISO 8601 in UTC. */
  readonly at: string
  readonly author: string
  readonly text: string
  /** Of a stage change: which deal, from where to where. */
  readonly change: { readonly opportunity_id: string; readonly from: Stage; readonly to: Stage } | null
}
