import { randomUUID } from 'node:crypto'
import { type TestHost, testHost } from '@postern/host/testing'
import type { Principal } from '@postern/tool'
import { server } from '../src/server.ts'

interface Options {
  /** A local principal of the development file (default: support), or one of the test's own making. */
  readonly as?: string | Principal
  /** The idempotency key of a write; a new one for each call otherwise. */
  readonly key?: string
}

export type Reply = Record<string, unknown> & { readonly status: 'ok' | 'error' }

export interface CustomersHost {
  readonly host: TestHost
  /** Calls a tool through the whole pipeline; the parsed envelope. */
  call(tool: string, input: Readonly<Record<string, unknown>>, options?: Options): Promise<Reply>
  read(uri: string, options?: Options): Promise<Reply>
  /** Support, but for other regions. */
  supportFor(...regions: string[]): Principal
  close(): Promise<void>
}

const development = `${import.meta.dirname}/../environments/development.yaml`

/**
 * This server in this process, on the sample set, under its own development file.
 *
 * @param dataDirectory to continue on the data of an earlier one
 */
export async function openCustomers(dataDirectory?: string): Promise<CustomersHost> {
  const host = await testHost(server, {
    environmentFile: development,
    ...(dataDirectory !== undefined && { dataDirectory }),
  })
  const writes = new Set(server.tools.filter(({ effect }) => effect !== 'read').map(({ name }) => name))
  const who = ({ as }: Options) => (as === undefined ? {} : { as })
  return {
    host,
    async call(tool, input, options = {}) {
      const key = writes.has(tool) ? { idempotency_key: options.key ?? randomUUID() } : {}
      return (await host.call(tool, { ...key, ...input }, who(options))) as Reply
    },
    read: async (uri, options = {}) => (await host.read(uri, who(options))) as Reply,
    supportFor: (...regions) => ({ ...host.principal('support'), attributes: { regions } }),
    close: () => host.close(),
  }
}

/** The error of a reply, as tests look at it. */
export function errorOf(reply: Reply): {
  readonly code: string
  readonly message: string
  readonly next_step: string
  readonly details: {
    readonly reason: string
    readonly issues?: readonly { path: string; rule: string; expected: string }[]
    readonly fields?: string[]
    readonly stage?: string
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
