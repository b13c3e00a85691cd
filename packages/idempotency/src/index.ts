export { type ClaimState, idempotencyMigrations } from './claim-table.ts'
export { idempotency } from './idempotency.ts'
export { type ListOptions, listWrites, showWrite, type WriteDetails, type WriteSummary } from './list-writes.ts'
export type {
  FaultPoint,
  RecoveryClass,
  ReplayVerdict,
  SettledWrite,
  StoredWrite,
  WriteOptions,
} from './options.ts'
export { type GoneOutcome, type GoneWrite, outcomesOf } from './outcomes-of.ts'
export { type Resolution, resolveWrite } from './resolve-write.ts'
export { type Completer, type CompleterOptions, startCompleter } from './start-completer.ts'
