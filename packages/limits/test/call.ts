import type { Call, Principal, Reply, Target } from '@postern/tool'
import { z } from 'zod'

export const ada: Principal = {
  issuer: 'https://id.example.com/',
  subject: 'ada',
  tenant: 'acme',
  kind: 'user',
  credentialId: 'token-1',
  scopes: [],
  roles: [],
  attributes: {},
  purposes: [],
  readOnly: false,
}
export const bob: Principal = { ...ada, subject: 'bob' }

export const ok: Reply = { text: '{"status":"ok"}', isError: false, data: { status: 'ok' } }

function aTarget(target: Partial<Target> = {}): Target {
  return {
    kind: 'tool',
    known: true,
    name: 'search_tickets',
    version: '1.0.0',
    effect: 'read',
    scope: 'tickets:read',
    limits: {},
    input: z.unknown(),
    output: z.unknown(),
    run: () => Promise.reject(new Error('not run here')),
    ...target,
  }
}

export function aCall({ target, ...call }: Partial<Omit<Call, 'target'>> & { target?: Partial<Target> } = {}): Call {
  return {
    target: aTarget(target),
    principal: ada,
    input: {},
    requestId: 'request-1',
    signal: new AbortController().signal,
    client: { transport: 'internal', era: 'internal' },
    notes: {},
    ...call,
  }
}
