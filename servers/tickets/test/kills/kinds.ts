import { ask, call, describeTicket, type Listener } from '../identity.ts'

/** A call that a client makes, and the record that it leaves when it is answered. */
export interface Kind {
  readonly name: string
  /** Of a hundred calls. */
  readonly share: number
  /** The record that closes it; a write that was begun has an intent before it. */
  readonly phase: string
  /** Whether an answer is the one that belongs to it. */
  readonly isIt: (status: number, json: Answered) => boolean
  readonly send: (
    http: Listener,
    marker: string,
    meta: Readonly<Record<string, unknown>>,
    before: string,
  ) => ReturnType<typeof call>
}

export interface Answered {
  readonly error?: { readonly code: number }
  readonly result?: {
    readonly isError?: boolean
    readonly _meta?: Readonly<Record<string, unknown>>
    readonly content?: readonly { readonly text: string }[]
  }
}

const replayed = 'dev.postern/replayed'
const codeOf = ({ result }: Answered): string =>
  (JSON.parse(result?.content?.[0]?.text ?? '{}') as { error?: { code: string } }).error?.code ?? 'ok'
const ok = (_: number, json: Answered) => json.result !== undefined && json.result.isError !== true
const refusedAs = (code: string) => (_: number, json: Answered) => codeOf(json) === code

const keyOf = (marker: string): string => `key-of-the-ticket-of-${marker}`
const ticket = (marker: string) => ({
  ...describeTicket(`Badge reader <${marker}> reads no card`),
  idempotency_key: keyOf(marker),
})

/** Every way in which a call can end that leaves a record. */
export const kinds: readonly Kind[] = [
  {
    name: 'a read',
    share: 20,
    phase: 'read',
    isIt: ok,
    send: (http, _, meta) => call(http, 'get_ticket', { ticket_id: 'OPS-1' }, { meta }),
  },
  {
    name: 'a search',
    share: 10,
    phase: 'read',
    isIt: ok,
    send: (http, _, meta) => call(http, 'search_tickets', { project_key: 'OPS', limit: 2 }, { meta }),
  },
  {
    name: 'a record that is not there',
    share: 5,
    phase: 'read',
    isIt: refusedAs('NOT_FOUND'),
    send: (http, _, meta) => call(http, 'get_ticket', { ticket_id: 'OPS-99999' }, { meta }),
  },
  {
    name: 'a resource',
    share: 5,
    phase: 'read',
    isIt: (_, { result }) => result !== undefined,
    send: (http, _, meta) => ask(http, 'resources/read', { uri: 'template://OPS/bug' }, { meta }),
  },
  {
    name: 'a denial',
    share: 10,
    phase: 'denied',
    isIt: refusedAs('PERMISSION_DENIED'),
    send: (http, _, meta) => call(http, 'search_tickets', { project_key: 'PAY' }, { meta }),
  },
  {
    name: 'refused input',
    share: 10,
    phase: 'refused_input',
    isIt: refusedAs('VALIDATION_ERROR'),
    send: (http, _, meta) => call(http, 'get_ticket', { ticket_id: 'OPS-1', surprise: 1 }, { meta }),
  },
  {
    name: 'an unknown tool',
    share: 5,
    phase: 'unknown_target',
    isIt: (_, { error }) => error?.code === -32602,
    send: (http, _, meta) => call(http, 'close_ticket', {}, { meta }),
  },
  {
    name: 'nobody',
    share: 5,
    phase: 'auth_failure',
    isIt: (status) => status === 401,
    send: (http, _, meta) => call(http, 'whoami', {}, { meta, token: 'not-a-token' }),
  },
  {
    name: 'a write',
    share: 20,
    phase: 'outcome',
    isIt: ok,
    send: (http, marker, meta) => call(http, 'create_ticket', ticket(marker), { meta }),
  },
  {
    name: 'a repeated write',
    share: 10,
    phase: 'replayed',
    isIt: (status, json) => ok(status, json) && json.result?._meta?.[replayed] !== undefined,
    send: (http, _, meta, before) => call(http, 'create_ticket', ticket(before), { meta }),
  },
]
