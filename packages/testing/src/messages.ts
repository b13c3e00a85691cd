import { modernVersion } from './modern-version.ts'

const clientInfo = { name: 'postern-testing', version: '1.0.0' }

/** A JSON-RPC request of the 2025 era. */
export function legacyRequest(id: number | string, method: string, params: object = {}) {
  return { jsonrpc: '2.0', id, method, params }
}

/** The handshake that opens a connection of the 2025 era: the request, and the notification that follows its answer. */
export const legacyHandshake = {
  initialize: (id: number | string, protocolVersion = '2025-11-25') =>
    legacyRequest(id, 'initialize', { protocolVersion, capabilities: {}, clientInfo }),
  initialized: { jsonrpc: '2.0', method: 'notifications/initialized' },
} as const

/** A request of 2026-07-28: there is no handshake, every request says who sends it and in which version. */
export function modernRequest(id: number | string, method: string, params: object = {}) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': modernVersion,
    'io.modelcontextprotocol/clientInfo': clientInfo,
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }
}

/** The headers that must repeat what the body of a modern request says. */
export function modernHeaders(method: string, name?: string): Record<string, string> {
  return {
    'mcp-protocol-version': modernVersion,
    'mcp-method': method,
    ...(name !== undefined && { 'mcp-name': name }),
  }
}
