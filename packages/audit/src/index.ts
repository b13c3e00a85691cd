export { type AuditOptions, audit } from './audit.ts'
export { auditDirectory } from './audit-directory.ts'
export { type AuditLog, type AuditLogOptions, openAudit } from './audit-log.ts'
export { type AuditSection, auditSection, retentionMs, sinksOf } from './audit-section.ts'
export type { ChainReport } from './chain-check.ts'
export { type Export, type ExportHeader, type ExportOptions, exportRange, verifyExport } from './export-range.ts'
export { fileTrail } from './file-trail.ts'
export type { Finding, FindingKind } from './finding.ts'
export { type Cursor, type Followed, type FollowOptions, follow } from './follow.ts'
export { type ForwardOptions, forward, toOtlp } from './forward.ts'
export { hashOf, type ValueHash } from './hash-of.ts'
export { type KeyRing, rotateHmacKey } from './hmac-keys.ts'
export type { LeftOutcome, LeftWrite, OutcomesOf } from './left-outcomes.ts'
export { type Hold, placeHold, releaseHold } from './legal-hold.ts'
export { auditMigrations } from './migrations.ts'
export { auditKeys, openTrails, type TrailOptions } from './open-trails.ts'
export { type PruneOptions, type PruneResult, prune } from './prune.ts'
export { type QueryAnswer, type QueryFilters, type QueryOptions, query, type Row, rowColumns } from './query.ts'
export type { AuditRecord, Detail, Entry, Phase } from './record.ts'
export {
  type ApprovalAuditEvent,
  recordApproval,
  recordSettled,
  type SettledWriteEvent,
} from './record-events.ts'
export type { OpenIntent } from './storyline.ts'
export type { PrunableTrail, Trail } from './trail.ts'
export type { Undetectable } from './undetectable.ts'
export { type VerifyOptions, type VerifyResult, verify } from './verify.ts'
