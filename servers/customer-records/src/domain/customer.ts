import { z } from 'zod'

/** Short enough for a model to repeat without a slip; ids of other CRMs fit as well. */
export const CustomerId = z.string().regex(/^[A-Za-z\d][\w-]{2,39}$/)

/** How far the business with a customer has come. */
export const Status = z.enum(['lead', 'prospect', 'customer', 'churned'])
export type Status = z.infer<typeof Status>

/** A sales region, such as DACH. What callers may see is cut along these. */
export const Region = z.string().regex(/^[A-Z][A-Z0-9-]{1,15}$/)

/** The account manager, by the subject of their token. */
export const Owner = z.string().regex(/^[\w.:@#|+~=-]{1,64}$/)

export const Email = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9.-]{1,63}\.[A-Za-z]{2,24}$/)

/** E.164: + and 7 to 15 digits. */
export const Phone = z.string().regex(/^\+[1-9]\d{6,14}$/)

/** ISO 4217. */
export const Currency = z.string().regex(/^[A-Z]{3}$/)

/** An amount in whole units of its currency: nobody decides about a customer by cents. */
interface Money {
  readonly amount: number
  readonly currency: string
}

/** How much of each text a record holds; characters are UTF-16 units, as in JSON Schema validators and in the store. */
export const limits = {
  nameCharsMax: 120,
  noteCharsMax: 4000,
  reasonCharsMax: 1000,
} as const

/** What an answer shows of each text at most. */
export const shown = {
  nameCharsMax: 120,
  /** Of an activity in a list; its whole text is shown when it is asked for alone. */
  previewCharsMax: 300,
  textCharsMax: 4000,
} as const

/**
 * One customer as a backend returns it: a person at a company. What is not known is null. `name` and `company` are text
 * of people: never trusted.
 */
export interface Customer {
  readonly tenant: string
  readonly customer_id: string
  readonly name: string
  readonly company: string
  readonly status: Status
  readonly region: string
  readonly owner: string | null
  /** This and the next two are absent only where the caller may not see them. */
  readonly email?: string | null
  readonly phone?: string | null
  readonly lifetime_value?: Money | null
  /** Null where the backend does not know: tickets belong to another server. */
  readonly open_tickets: number | null
  /** ISO 8601 in UTC, like all times here. */
  readonly created_at: string
  /** When somebody last spoke to the customer. */
  readonly last_contact: string | null
}
