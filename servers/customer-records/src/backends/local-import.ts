import type { ImportOptions, ImportReport, ImportRow, StoreContext } from '@postern/host'
import { type ImportPass, importAll, type Rejected } from '@postern/host/importing'
import type { Kysely } from '@postern/store'
import { type ImportedCustomer, readRow } from './import-row.ts'
import { newId } from './new-id.ts'
import { withKeys } from './rows.ts'
import type { CustomerRow, Tables } from './tables.ts'

const rowsPerStatement = 100

/** Loads customers from a file into the server's own store, all lines or none. */
export function importCustomers(
  rows: AsyncIterable<ImportRow>,
  context: StoreContext & ImportOptions,
): Promise<ImportReport> {
  const { store, tenant } = context
  return importAll(
    rows,
    context,
    (transaction, rejected) => new Run(store.within<Tables>(transaction), tenant, rejected),
  )
}

/** One pass over a file. After the first fault it only reads on, to name the others. */
class Run implements ImportPass {
  readonly #db: Kysely<Tables>
  readonly #tenant: string
  readonly #rejected: Rejected
  readonly #startedAt = Date.now()
  readonly #lineOf = new Map<string, number>()
  #waiting: { readonly line: number; readonly row: CustomerRow }[] = []

  constructor(db: Kysely<Tables>, tenant: string, rejected: Rejected) {
    this.#db = db
    this.#tenant = tenant
    this.#rejected = rejected
  }

  async take(row: ImportRow): Promise<void> {
    const { customer, faults } = readRow(row, this.#startedAt)
    for (const fault of faults) this.#rejected.add(fault)
    if (customer === undefined) return
    const { customer_id = newId('cus') } = customer
    const before = this.#lineOf.get(customer_id)
    if (before !== undefined) {
      this.#rejected.add({
        line: row.line,
        column: 'customer_id',
        problem: `the same customer_id as on line ${before}`,
      })
      return
    }
    this.#lineOf.set(customer_id, row.line)
    this.#waiting.push({ line: row.line, row: rowOf(this.#tenant, customer_id, customer) })
    if (this.#waiting.length >= rowsPerStatement) await this.#write()
  }

  finish(): Promise<void> {
    return this.#write()
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return
    const taken = await this.#db
      .selectFrom('customers')
      .select('customer_id')
      .where('tenant', '=', this.#tenant)
      .where(
        'customer_id',
        'in',
        waiting.map(({ row }) => row.customer_id),
      )
      .execute()
    const existing = new Set(taken.map(({ customer_id }) => customer_id))
    for (const { line, row } of waiting)
      if (existing.has(row.customer_id))
        this.#rejected.add({ line, column: 'customer_id', problem: 'a customer with this customer_id exists already' })
    if (this.#rejected.total > 0) return
    await this.#db
      .insertInto('customers')
      .values(waiting.map(({ row }) => row))
      .execute()
  }
}

function rowOf(tenant: string, customer_id: string, customer: ImportedCustomer): CustomerRow {
  return withKeys({
    tenant,
    customer_id,
    name: customer.name,
    company: customer.company,
    status: customer.status,
    region: customer.region,
    owner: customer.owner ?? null,
    email: customer.email ?? null,
    phone: customer.phone ?? null,
    lifetime_value: customer.lifetime_value ?? null,
    currency: customer.currency ?? null,
    created_at: customer.created_at,
    last_contact: customer.last_contact ?? null,
  })
}
