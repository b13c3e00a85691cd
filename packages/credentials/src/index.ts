export { ChangingFile, type ChangingFileOptions, type FileContent, type FileProblem } from './changing-file.ts'
export { CredentialError, CredentialRefused } from './credential-error.ts'
export {
  type CredentialReference,
  collectReferences,
  credentialReference,
  environmentName,
} from './credential-reference.ts'
export type { CredentialStatus } from './credential-status.ts'
export {
  type CredentialEvent,
  type CredentialOptions,
  Credentials,
  credentialStatus,
  openCredentials,
} from './credentials.ts'
export { Secret } from './secret.ts'
export { credentialsMigrations, storedUses } from './stored-uses.ts'
export type { CredentialUse, CredentialUses } from './uses.ts'
