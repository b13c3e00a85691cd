export {
  type Expression,
  type ExpressionBuilder,
  type Generated,
  type Insertable,
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
  type Updateable,
} from 'kysely'
export { column } from './column.ts'
export { contains } from './contains.ts'
export type { EngineName } from './engine.ts'
export { fold, searchTerms } from './fold.ts'
export { type FileLock, lockFile } from './lock-file.ts'
export type { Migration } from './migration.ts'
export { openStore, type StoreOptions } from './open-store.ts'
export { pageOf } from './page-of.ts'
export { readPosition } from './position.ts'
export { isLoginRefused, type RotatingUrl } from './rotating-url.ts'
export { rowsWhere } from './rows-where.ts'
export type { OpenTransaction, Store, TransactionOptions } from './store.ts'
export { isLockTimeout, isUniqueViolation, StoreFault } from './store-fault.ts'
export { type StoreConfig, storeSection } from './store-section.ts'
