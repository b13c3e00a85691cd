import { randomUUID } from 'node:crypto'
import type { Principal } from '@postern/tool'
import type { ServerDefinition } from '../server-definition.ts'
import { type TestHost, testHost } from './index.ts'

export interface CallOptions {
  /** A local principal of the environment file (default: that of the file), or one of the test's own making. */
  readonly as?: string | Principal
  /** The idempotency key of a write; a new one for each call otherwise. */
  readonly key?: string
}

export type Reply = Record<string, unknown> & { readonly status: 'ok' | 'error' }

export interface OpenServer {
  readonly host: TestHost
  /** Calls a tool through the whole pipeline; the parsed envelope. */
  call(tool: string, input: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Reply>
  read(uri: string, options?: CallOptions): Promise<Reply>
  close(): Promise<void>
}

/** A test host for tests of tools, which seldom care for the key of a write. */
export async function openServer<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
  options: Parameters<typeof testHost>[1],
): Promise<OpenServer> {
  const host = await testHost(server, options)
  const writes = new Set(server.tools.filter(({ effect }) => effect !== 'read').map(({ name }) => name))
  const who = ({ as }: CallOptions) => (as === undefined ? {} : { as })
  return {
    host,
    async call(tool, input, options = {}) {
      const key = writes.has(tool) ? { idempotency_key: options.key ?? randomUUID() } : {}
      return (await host.call(tool, { ...key, ...input }, who(options))) as Reply
    },
    read: async (uri, options = {}) => (await host.read(uri, who(options))) as Reply,
    close: () => host.close(),
  }
}

/** The error of a reply, as tests look at it. */
export function errorOf(reply: Reply): {
  readonly code: string
  readonly message: string
  readonly next_step: string
  readonly details: Readonly<Record<string, unknown>> & {
    readonly reason: string
    readonly issues?: readonly { readonly path: string; readonly rule: string; readonly expected: string }[]
    readonly fields?: readonly string[]
    readonly approval_id?: string
    readonly summary?: string
  }
} {
  return reply['error'] as ReturnType<typeof errorOf>
}

/** `CODE/reason` of a refusal, `ok` otherwise. */
export function outcome(reply: Reply): string {
  return reply.status === 'ok' ? 'ok' : `${errorOf(reply).code}/${errorOf(reply).details.reason}`
}
