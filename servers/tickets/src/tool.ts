import type { BoundPorts } from '@postern/policy'
import { resourcesFor, toolsFor } from '@postern/tool'
import type { TicketPorts } from './domain/ticket-ports.ts'

/** `defineTool` and `defineResource`, typed with what the tools of this server can reach. */
export const defineTool = toolsFor<BoundPorts<TicketPorts>>()
export const defineResource = resourcesFor<BoundPorts<TicketPorts>>()
