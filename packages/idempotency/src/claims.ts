import { hash } from 'node:crypto'
import { type Kysely, type RawBuilder, type Store, sql, type Updateable } from '@postern/store'
import type { Call, Reply, Transaction } from '@postern/tool'
import type { ClaimRow, ClaimState, EndedBy, Outcome, Schema } from './claim-table.ts'
import { occurs } from './fields.ts'

/** A claim this process holds, until somebody raises the fence. */
export interface Held {
  readonly id: string
  readonly fence: number
}

/** A row as read, with the database's clock at that moment. */
export type ClaimAt = ClaimRow & { readonly now: number }

export interface Answer {
  readonly outcome: Outcome
  readonly reply: Reply
  readonly notes: Pick<Call['notes'], 'record' | 'masked'>
  readonly note?: string
  /** Who ends it in the place of its call. */
  readonly endedBy?: EndedBy
}

const replyBytesMax = 256 * 1024
/** How long finished writes are kept. */
export const retentionMs = 7 * 24 * 60 * 60 * 1000

/**
 * What the holder of a claim may do with it: one guarded statement per step of the state machine. False means that the
 * guard did not hold: the claim was lost to another process, and whoever lost it must not go on.
 */
export class Claims {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Keeps a claim while its call waits, for example for a person. */
  renew(held: Held, leaseMs: number): Promise<boolean> {
    return this.#change(held, ['claimed'], { lease_until: inMs(this.#store, leaseMs) })
  }

  /** `claimed` → `sent`, in the transaction whose commit lets the request leave. */
  markSent(held: Held, leaseMs: number, recovery: string, transaction: Transaction): Promise<boolean> {
    const change = { state: 'sent' as const, recovery, sent_at: this.#store.now }
    return this.#change(held, ['claimed'], { ...change, ...this.#lease(leaseMs) }, { transaction, alive: true })
  }

  /** Locks a claim for the transaction that will finish it: nobody can take it over while that is open. */
  lock(held: Held, leaseMs: number, transaction: Transaction): Promise<boolean> {
    return this.#change(held, ['claimed'], this.#lease(leaseMs), { transaction, alive: true })
  }

  /** Before something is sent again: how long it may stay invisible counts from now. */
  markSentAgain(held: Held, leaseMs: number): Promise<boolean> {
    return this.#change(held, ['sent'], { sent_at: this.#store.now, misses: 0, ...this.#lease(leaseMs) })
  }

  /** → `done` or `unknown`, with the answer that every repetition gets. */
  finish(held: Held, answer: Answer, transaction?: Transaction): Promise<boolean> {
    const ended =
      answer.outcome === 'unknown'
        ? { state: 'unknown' as const }
        : { state: 'done' as const, principal: null, arguments: null, expires_at: inMs(this.#store, retentionMs) }
    const change = {
      ...ended,
      ...stored(answer),
      outcome: answer.outcome,
      note: answer.note ?? null,
      ended_by: answer.endedBy ?? null,
      finished_at: this.#store.now,
    }
    return this.#change(held, ['claimed', 'sent'], change, { transaction })
  }

  /** Gives the key back, because certainly nothing happened; after `sent` only with proof of that. */
  async release({ id, fence }: Held, transaction?: Transaction): Promise<boolean> {
    const { numDeletedRows } = await this.#db(transaction)
      .deleteFrom('idempotency_claims')
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('state', 'in', ['claimed', 'sent'])
      .executeTakeFirstOrThrow()
    return numDeletedRows === 1n
  }

  /** Leaves a `sent` claim to whoever comes next, not before `delayMs`. */
  handOver(held: Held, delayMs: number, counted: { attempt?: boolean; miss?: boolean } = {}): Promise<boolean> {
    return this.#change(held, ['sent'], {
      ...this.#lease(delayMs),
      ...(counted.attempt && { attempts: sql<number>`attempts + 1` }),
      ...(counted.miss && { misses: sql<number>`misses + 1` }),
    })
  }

  read(id: string): Promise<ClaimAt | undefined> {
    return claimsAt(this.#store).where('id', '=', id).executeTakeFirst()
  }

  #lease(ms: number) {
    return { lease_until: inMs(this.#store, ms) }
  }

  async #change(
    { id, fence }: Held,
    from: readonly ClaimState[],
    change: Changes,
    { transaction, alive = false }: { transaction?: Transaction | undefined; alive?: boolean } = {},
  ): Promise<boolean> {
    const guarded = this.#db(transaction)
      .updateTable('idempotency_claims')
      .set(change)
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('state', 'in', from)
    const { numUpdatedRows } = await (alive
      ? guarded.where('lease_until', '>', this.#store.now)
      : guarded
    ).executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }

  #db(transaction?: Transaction): Kysely<Schema> {
    return transaction ? this.#store.within<Schema>(transaction) : this.#store.query<Schema>()
  }
}

type Changes = {
  [Column in keyof Updateable<ClaimRow>]: ClaimRow[Column] extends number | null
    ? ClaimRow[Column] | RawBuilder<number>
    : ClaimRow[Column]
}

/** All columns and the database's clock; in a transaction where one is given. */
export function claimsAt(store: Store, db: Kysely<Schema> = store.query<Schema>()) {
  return db.selectFrom('idempotency_claims').selectAll().select(store.now.as('now'))
}

/** Raises the fence of a claim whose lease has ended; undefined when somebody else was first. */
export function takeOver(store: Store, db: Kysely<Schema>, row: Held, leaseMs: number): Promise<Held | undefined> {
  return db
    .updateTable('idempotency_claims')
    .set({ fence: row.fence + 1, lease_until: inMs(store, leaseMs) })
    .where('id', '=', row.id)
    .where('fence', '=', row.fence)
    .where('state', 'in', ['claimed', 'sent'])
    .where('lease_until', '<', store.now)
    .returning(['id', 'fence'])
    .executeTakeFirst()
}

/** So many milliseconds from now, by the database's clock. */
export function inMs(store: Store, ms: number): RawBuilder<number> {
  return sql<number>`${store.now} + ${Math.round(ms)}`
}

function stored({ reply, notes }: Answer) {
  const fits = Buffer.byteLength(reply.text) <= replyBytesMax
  return {
    reply: fits ? reply.text : null,
    reply_hash: fits ? null : hash('sha256', reply.text),
    code: reply.error?.code ?? null,
    record: notes.record === undefined ? null : JSON.stringify(notes.record),
    // A field that was masked in another record of the same call may stand in this answer.
    masked: JSON.stringify((notes.masked ?? []).filter((field) => !occurs(field, reply.data))),
  }
}
