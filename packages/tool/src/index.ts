export type {
  Answer,
  Ask,
  Call,
  Client,
  Effect,
  Handler,
  Intent,
  Middleware,
  Notes,
  Question,
  Reply,
  SendOptions,
  Transaction,
} from './call.ts'
export { canonical, digest } from './canonical.ts'
export { cleanText } from './clean-text.ts'
export { compose } from './compose.ts'
export { type Contract, contractOf, type ResourceContract, type ToolContract } from './contract.ts'
export { type Listed, type Resource, resourcesFor } from './define-resource.ts'
export { annotations, IdempotencyKey, type ReadTool, type Tool, toolsFor, type WriteTool } from './define-tool.ts'
export { freeText } from './free-text.ts'
export { narrowPurpose } from './narrow-purpose.ts'
export { type Principal, principalId } from './principal.ts'
export type { EffectKind, Handling, Scope, Target, TargetLimits, Version, WriteHandling } from './target.ts'
export { unknownTarget } from './target.ts'
export { identifier, isUntrusted, ourWords, text, untrusted, untrustedTextOutside } from './untrusted.ts'
