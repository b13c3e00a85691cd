import type { ImportOptions, ImportReport, ImportRow, StoreContext } from '@postern/host'
import { type ImportPass, importAll, type Rejected } from '@postern/host/importing'
import type { Kysely } from '@postern/store'
import { type ImportedTicket, readRow } from './import-row.ts'
import { addProject } from './local-add-project.ts'
import type { Tables } from './tables.ts'
import { toRow } from './ticket-row.ts'

const rowsPerStatement = 100

/**
 * Loads tickets from a file into the server's own store, all lines or none. Projects that do not exist yet are made,
 * with the standard templates.
 */
export function importTickets(
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
  /** The next free number of each project seen. */
  readonly #next = new Map<string, number>()
  #numbered: boolean | undefined
  #waiting: { readonly line: number; readonly ticket: ImportedTicket & { readonly number: number } }[] = []

  constructor(db: Kysely<Tables>, tenant: string, rejected: Rejected) {
    this.#db = db
    this.#tenant = tenant
    this.#rejected = rejected
  }

  async take(row: ImportRow): Promise<void> {
    const { ticket, faults } = readRow(row, this.#startedAt)
    for (const fault of faults) this.#rejected.add(fault)
    if (ticket === undefined) return
    const number = await this.#numberOf(row.line, ticket)
    if (number === undefined) return
    this.#waiting.push({ line: row.line, ticket: { ...ticket, number } })
    if (this.#waiting.length >= rowsPerStatement) await this.#write()
  }

  async finish(): Promise<void> {
    await this.#write()
    if (this.#rejected.total > 0) return
    for (const [project_key, next_number] of this.#next)
      await this.#db
        .updateTable('projects')
        .set({ next_number })
        .where('tenant', '=', this.#tenant)
        .where('project_key', '=', project_key)
        .execute()
  }

  /** Ids come from the file or from us: with both, one of ours could be the id of a later line. */
  async #numberOf(line: number, ticket: ImportedTicket): Promise<number | undefined> {
    const { project_key } = ticket
    this.#numbered ??= ticket.number !== undefined
    if (this.#numbered !== (ticket.number !== undefined)) {
      this.#rejected.add({
        line,
        column: 'ticket_id',
        problem: 'some lines have a ticket_id and some have none; give all lines one, or none',
      })
      return undefined
    }
    const next = this.#next.get(project_key) ?? (await this.#openProject(project_key))
    const number = ticket.number ?? next
    const id = `${project_key}-${number}`
    const before = this.#lineOf.get(id)
    if (before !== undefined) {
      this.#rejected.add({ line, column: 'ticket_id', problem: `the same ticket_id as on line ${before}` })
      return undefined
    }
    if (ticket.number !== undefined) this.#lineOf.set(id, line)
    this.#next.set(project_key, Math.max(next, number + 1))
    return number
  }

  /** Locks the project, so that nobody takes a number while the file is read. */
  async #openProject(project_key: string): Promise<number> {
    const found = await this.#db
      .selectFrom('projects')
      .select('next_number')
      .where('tenant', '=', this.#tenant)
      .where('project_key', '=', project_key)
      .forUpdate()
      .executeTakeFirst()
    if (found === undefined) await addProject(this.#db, { tenant: this.#tenant, project_key, rules: {} })
    return found?.next_number ?? 1
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return
    const rows = waiting.map(({ ticket: { created_at, updated_at, ...ticket } }) => ({
      ...toRow({ ...ticket, tenant: this.#tenant }),
      created_at,
      updated_at,
    }))
    const ids = rows.map(({ ticket_id }) => ticket_id)
    const taken = await this.#db
      .selectFrom('tickets')
      .select('ticket_id')
      .where('tenant', '=', this.#tenant)
      .where('ticket_id', 'in', ids)
      .execute()
    const existing = new Set(taken.map(({ ticket_id }) => ticket_id))
    for (const [index, { line }] of waiting.entries())
      if (existing.has(ids[index] ?? ''))
        this.#rejected.add({ line, column: 'ticket_id', problem: 'a ticket with this ticket_id exists already' })
    if (this.#rejected.total === 0) await this.#db.insertInto('tickets').values(rows).execute()
  }
}
