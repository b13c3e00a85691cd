import type { Principal } from '@postern/tool'
import { Email } from './ticket.ts'

/** The address to answer to: the caller's own `email` attribute, as the token says it. Nobody reports as someone else. */
export function reporterEmail({ attributes }: Pick<Principal, 'attributes'>): string | undefined {
  const claimed = Object.hasOwn(attributes, 'email') ? attributes['email']?.[0] : undefined
  return Email.safeParse(claimed).data
}
