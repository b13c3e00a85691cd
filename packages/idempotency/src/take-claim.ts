import { randomUUID } from 'node:crypto'
import { ToolError } from '@postern/errors'
import { isLockTimeout, type Kysely, type Store } from '@postern/store'
import { type Call, canonical, type Intent, type Transaction } from '@postern/tool'
import { argumentsOf, fingerprint, type KeySpace, keyHash } from './claim-key.ts'
import type { ClaimRow, Schema } from './claim-table.ts'
import { type ClaimAt, Claims, claimsAt, type Held, inMs, takeOver } from './claims.ts'
import { storeMark } from './store-mark.ts'
import { nothingHappened } from './write-errors.ts'

/** What a call finds when it asks for its key. */
export type Taken =
  | { readonly kind: 'held'; readonly held: Held }
  /** Something was sent and its process is gone: this call is to recover it. */
  | { readonly kind: 'abandoned'; readonly row: ClaimAt }
  | { readonly kind: 'finished'; readonly row: ClaimAt }
  | { readonly kind: 'running'; readonly leaseLeftMs: number }
  | { readonly kind: 'reused' }

export interface TakeOptions {
  readonly store: Store
  readonly space: KeySpace
  readonly leaseMs: number
  /** Told about a claim that is taken from a call that was gone before it had sent anything. */
  readonly takenOver: (row: ClaimRow, transaction: Transaction) => Promise<void>
}

/** Who waits for another call's claim gets its answer at once instead (rule I8). */
const claimLockWaitMs = 40

/**
 * Claims the key of a call, or says what is in the way. The row and `call.intent` are one transaction (rule I5); where
 * they cannot be, both are safe when this resolves.
 */
export async function takeClaim(options: TakeOptions, call: Call, key: string): Promise<Taken> {
  const { store } = options
  const claim = identify(options.space, call, key)
  const mark = await storeMark(store)
  // SQLite has one write lock for all keys; waiting for it says nothing about this one.
  const patience = store.engine === 'postgres' ? { lockWaitMs: claimLockWaitMs } : {}
  // No effect begins before a durable commit, of `sent` or of the change itself, and that takes the claim to the disk.
  const { transaction, commit, rollback } = await store.begin({ ...patience, durable: false })
  let claiming = true
  let intent: Intent | undefined
  const intend = async (id: string) => {
    claiming = false
    call.notes.claim = { id, store: mark }
    intent = await call.intent?.(transaction)
  }
  let taken: Taken
  try {
    taken = await take(options, call, claim, transaction, intend)
    if (taken.kind !== 'held' && taken.kind !== 'abandoned') await rollback()
    else await commit().catch((cause) => Promise.reject(nothingHappened(call.target.name, cause)))
  } catch (error) {
    await rollback()
    if (claiming && store.engine === 'postgres' && isLockTimeout(error)) return { kind: 'running', leaseLeftMs: 0 }
    throw error
  }
  if (intent && taken.kind === 'held') await untilSafe(store, intent, taken.held)
  return taken
}

/** Without its intent on record a call does nothing, so it needs its claim no more. */
async function untilSafe(store: Store, intent: Intent, held: Held): Promise<void> {
  try {
    await intent.durable
  } catch (error) {
    // The completer frees what cannot be freed now.
    await new Claims(store).release(held).catch(() => false)
    throw error
  }
}

type Identity = Pick<ClaimRow, 'key_hash' | 'fingerprint' | 'arguments'>

/** @throws ToolError VALIDATION_ERROR for text that no canonical JSON can carry, such as half an emoji */
function identify(space: KeySpace, call: Call, key: string): Identity {
  try {
    return {
      key_hash: keyHash(space, call, key),
      fingerprint: fingerprint(call),
      arguments: canonical(argumentsOf(call)),
    }
  } catch (cause) {
    throw new ToolError('VALIDATION_ERROR', 'schema', `The input of ${call.target.name} is not well-formed text.`, {
      issues: [{ path: '', rule: 'unicode', expected: 'well-formed Unicode, without lone surrogates' }],
      cause,
    })
  }
}

async function take(
  { store, leaseMs, takenOver }: TakeOptions,
  call: Call,
  claim: Identity,
  transaction: Transaction,
  intend: (claimId: string) => Promise<void>,
): Promise<Taken> {
  const db = store.within<Schema>(transaction)
  const fresh = await insert(store, db, call, claim, leaseMs)
  if (fresh !== undefined) {
    await intend(fresh.id)
    return { kind: 'held', held: fresh }
  }
  const row = await claimsAt(store, db).where('key_hash', '=', claim.key_hash).executeTakeFirst()
  // Given back in this very moment: the next try finds the key free.
  if (row === undefined) return { kind: 'running', leaseLeftMs: 0 }
  if (row.fingerprint !== claim.fingerprint) return { kind: 'reused' }
  if (row.state === 'done' || row.state === 'unknown') return { kind: 'finished', row }
  if (row.lease_until >= row.now) return { kind: 'running', leaseLeftMs: row.lease_until - row.now }

  const held = await takeOver(store, db, row, leaseMs)
  if (held === undefined) return { kind: 'running', leaseLeftMs: 0 }
  if (row.state === 'sent') return { kind: 'abandoned', row: { ...row, ...held } }
  await takenOver(row, transaction)
  await adopt(store, db, call, held)
  await intend(held.id)
  return { kind: 'held', held }
}

async function insert(
  store: Store,
  db: Kysely<Schema>,
  call: Call,
  claim: Identity,
  leaseMs: number,
): Promise<Held | undefined> {
  const { tenant, issuer, subject } = call.principal
  return db
    .insertInto('idempotency_claims')
    .values({
      ...claim,
      id: randomUUID(),
      state: 'claimed',
      fence: 1,
      lease_until: inMs(store, leaseMs),
      attempts: 0,
      misses: 0,
      tool: call.target.name,
      version: call.target.version,
      tenant,
      issuer,
      subject,
      principal: canonical(call.principal),
      request_id: call.requestId,
      created_at: store.now,
    })
    .onConflict((on) => on.column('key_hash').doNothing())
    .returning(['id', 'fence'])
    .executeTakeFirst()
}

/** The claim becomes that of another call with the same arguments: its own caller as known today, request and time. */
async function adopt(store: Store, db: Kysely<Schema>, call: Call, { id }: Held): Promise<void> {
  await db
    .updateTable('idempotency_claims')
    .set({ principal: canonical(call.principal), request_id: call.requestId, created_at: store.now })
    .where('id', '=', id)
    .execute()
}
