export type { Subject as ApprovalSubject } from '@postern/approvals'
export { StartError } from './environment/start-error.ts'
export { serve } from './serve.ts'
export {
  type BackendContext,
  type BackendDefinition,
  defineServer,
  type Importer,
  type ImportOptions,
  type ImportReport,
  type ImportRow,
  type OpenBackend,
  type RecoveryClass,
  type ServerDefinition,
  type StoreContext,
} from './server-definition.ts'
