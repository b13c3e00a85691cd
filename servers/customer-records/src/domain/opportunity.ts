import { z } from 'zod'
import type { Stage } from './stage.ts'

export const OpportunityId = z.string().regex(/^[A-Za-z\d][\w-]{2,39}$/)

/** A deal with a customer. `name` is text of people: never trusted. */
export interface Opportunity {
  readonly tenant: string
  readonly opportunity_id: string
  readonly customer_id: string
  /** Of the customer, who decides about access. */
  readonly region: string
  readonly owner: string | null
  readonly name: string
  readonly stage: Stage
  /** In whole units of the currency. */
  readonly amount: number
  readonly currency: string
  /** The day it should close, such as 2026-09-30. */
  readonly close_date: string | null
}
