import type { ImportRow } from '@postern/host'
import { type ImportFault, importText, importTime, readColumns } from '@postern/host/importing'
import { z } from 'zod'
import { Currency, CustomerId, Email, limits, Owner, Phone, Region, Status } from '../domain/customer.ts'
import { importColumns } from './import-columns.ts'

const name = () => importText(limits.nameCharsMax).trim().min(1, 'a name')

/** People write numbers with spaces and brackets, and 00 for +. */
const phone = z.preprocess(
  (value) => (typeof value === 'string' ? value.replace(/[\s()./-]/g, '').replace(/^00/, '+') : value),
  Phone,
)

/** Cells are text, JSON has numbers. Decimals are rounded away; a comma is refused, since it could mean either. */
const amount = z
  .preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,4})?$/.test(value) ? Number(value) : value),
    z.number('a number such as 12500'),
  )
  .transform(Math.round)
  .refine((value) => Number.isSafeInteger(value), 'a number such as 12500')

const lower = (value: unknown) => (typeof value === 'string' ? value.trim().toLowerCase() : value)
const upper = (value: unknown) => (typeof value === 'string' ? value.trim().toUpperCase() : value)

const Columns = z.strictObject({
  customer_id: CustomerId.optional(),
  name: name(),
  company: name(),
  status: z.preprocess(lower, Status).default('lead'),
  region: z.preprocess(upper, Region),
  owner: Owner.optional(),
  email: Email.optional(),
  phone: phone.optional(),
  lifetime_value: amount.optional(),
  currency: z.preprocess(upper, Currency).optional(),
  created_at: importTime().optional(),
  last_contact: importTime().optional(),
})

const forms: Readonly<Record<string, string>> = {
  customer_id: 'an id of 3 to 40 letters, digits, dashes and underscores, such as cus_4f7k2m',
  status: `one of ${Status.options.join(', ')}`,
  region: 'a region of 2 to 16 letters, digits and dashes, such as DACH',
  owner: 'the subject of an account manager, such as hanna.l',
  email: 'an e-mail address',
  phone: 'a telephone number with its country code, such as +49 30 1234567',
  currency: 'a currency of three letters, such as EUR',
}

export type ImportedCustomer = Omit<z.output<typeof Columns>, 'created_at'> & {
  /** Milliseconds since the epoch, as is `last_contact`. */
  readonly created_at: number
}

/**
 * Reads one line. Empty cells count as absent.
 *
 * @param now milliseconds since the epoch, for lines without times
 */
export function readRow(
  row: ImportRow,
  now: number,
): { readonly customer?: ImportedCustomer; readonly faults: readonly ImportFault[] } {
  const { values, faults } = readColumns(row, Columns, { noun: 'customers', columns: importColumns, forms })
  if (values === undefined) return { faults }
  const { lifetime_value, currency, created_at = Math.min(now, values.last_contact ?? now), last_contact } = values
  const wrong: ImportFault[] = []
  if ((lifetime_value === undefined) !== (currency === undefined))
    wrong.push({
      line: row.line,
      column: currency === undefined ? 'currency' : 'lifetime_value',
      problem: 'is missing: a value and its currency belong together',
    })
  if (last_contact !== undefined && last_contact < created_at)
    wrong.push({ line: row.line, column: 'last_contact', problem: 'is before created_at' })
  return wrong.length > 0 ? { faults: wrong } : { customer: { ...values, created_at }, faults: [] }
}
