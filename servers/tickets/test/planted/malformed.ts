import { modernRequest, type Planter } from '@postern/testing'

interface Malformed {
  readonly what: string
  readonly ends: string
  readonly params: unknown
}

/** Params of a tools/call that the protocol refuses before any tool sees them. Each leaves one record. */
export function malformed(plant: Planter): Malformed[] {
  const { _meta } = modernRequest(1, 'tools/call').params
  const invalid = (what: string, params: object): Malformed => ({
    what,
    ends: 'JSON-RPC -32602',
    params: { ...params, _meta },
  })
  const noMessage = (what: string, params: unknown): Malformed => ({
    what,
    ends: 'JSON-RPC -32600',
    params,
  })
  const clientInfo = { 'io.modelcontextprotocol/clientInfo': plant.text('client') }
  return [
    invalid('arguments that are a text', { name: 'whoami', arguments: plant.text('arguments') }),
    invalid('arguments that are a list', { name: 'whoami', arguments: [plant.text('arguments')] }),
    invalid('a name that is an object', { name: { of: plant.text('name') }, arguments: {} }),
    invalid('no name', { tool: plant.text('tool') }),
    {
      what: 'a client that is a text',
      ends: 'JSON-RPC -32602',
      params: { name: 'whoami', _meta: { ..._meta, ...clientInfo } },
    },
    noMessage('params that are a list', [plant.text('params')]),
    noMessage('params that are a text', plant.text('params')),
  ]
}
