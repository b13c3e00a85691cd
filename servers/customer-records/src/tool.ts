import type { BoundPorts } from '@postern/policy'
import { resourcesFor, toolsFor } from '@postern/tool'
import type { CustomerPorts } from './domain/customer-ports.ts'

/** `defineTool` and `defineResource`, typed with what the tools of this server can reach. */
export const defineTool = toolsFor<BoundPorts<CustomerPorts>>()
export const defineResource = resourcesFor<BoundPorts<CustomerPorts>>()
