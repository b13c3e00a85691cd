export type { AuthEvent, VerifierDependencies } from './accepted-issuers.ts'
export { AuthError, type AuthErrorKind, statusOf, toToolError } from './auth-error.ts'
export { insufficientScope, unauthorized } from './challenge.ts'
export { type DevelopmentClaims, type DevelopmentIssuer, developmentIssuer } from './development-issuer.ts'
export { IdentityError } from './identity-error.ts'
export {
  type IdentityProblem,
  type IdentitySection,
  identityProblems,
  identitySection,
  type LocalPrincipals,
} from './identity-section.ts'
export { localPrincipal } from './local-principal.ts'
export {
  type ProtectedResourceMetadata,
  protectedResourceMetadata,
  protectedResourceMetadataPaths,
  protectedResourceMetadataUrl,
} from './protected-resource-metadata.ts'
export { readBearer, refuseTokenInUrl } from './read-bearer.ts'
export { type StdioIdentityOptions, stdioIdentity } from './stdio-identity.ts'
export { createVerifier, type Verifier } from './verifier.ts'
