export { type Access, access, type Deployment, type Identity, type TargetAccess, type Terms } from './access.ts'
export { authorize, type Decide, decider } from './authorize.ts'
export { bind, type Scope } from './bind.ts'
export {
  type ActiveRole,
  type Allowed,
  activeRoles,
  type Decision,
  type Denied,
  decide,
  type Grant,
  holdsScope,
  type Policy,
  rowScope,
  selfScope,
} from './decide.ts'
export { type Handles, handles } from './handle.ts'
export { excess, type MatrixCell, matrix, purposesOf } from './matrix.ts'
export { mayReplay, type Replayable } from './may-replay.ts'
export {
  type Bound,
  type BoundPorts,
  type Change,
  type Create,
  definePort,
  type Get,
  type List,
  type Page,
  type PageRequest,
  type PortSpec,
  type ReadContext,
  type Shown,
  type ShownPage,
  type WriteContext,
} from './port.ts'
export { Rate, type Role, type Roles, type RowRule, rolesSection, type Vocabulary } from './roles-section.ts'
export { type Attributes, type Conjunction, describeRows, inScope, type RowScope, rowsOf } from './rows.ts'
export { listScopes } from './tools/list-scopes.ts'
export { whoami } from './tools/whoami.ts'
