/**
 * A further person at a customer, and what they do there. Deliberately without address and number: a mask is about the
 * fields of one record, and nobody would look for a second e-mail address here.
 */
export interface Contact {
  readonly tenant: string
  readonly contact_id: string
  readonly customer_id: string
  /** Of the customer, who decides about access. */
  readonly region: string
  readonly owner: string | null
  /** Text of people: never trusted. */
  readonly name: string
  readonly role: string
}
