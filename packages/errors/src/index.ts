export { type Code, codes, type Reason } from './codes.ts'
export { type ErrorEnvelope, toEnvelope } from './envelope.ts'
export { changedNothing, type Issue, ToolError, type ToolErrorOptions } from './tool-error.ts'
