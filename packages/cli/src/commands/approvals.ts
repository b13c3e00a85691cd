import { bearerToken } from '../approvals/bearer-token.ts'
import type { Desk } from '../approvals/desk.ts'
import { httpDesk } from '../approvals/http-desk.ts'
import { localDesk } from '../approvals/local-desk.ts'
import { showCard, showList } from '../approvals/show-approvals.ts'
import { usageError } from '../cli-error.ts'
import type { Command } from '../command.ts'
import { namedBundle } from '../named-bundle.ts'
import { parseOptions } from '../options.ts'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { oneOf, serverAndVerb } from '../words.ts'

const verbs = ['list', 'show', 'approve', 'deny'] as const
const states = ['pending', 'approved', 'denied', 'expired', 'used', 'all'] as const
const reasons = ['wrong_data', 'not_needed', 'too_risky', 'not_authorized', 'other'] as const
const usage = [
  'Usage: npm run postern -- approvals list|show|approve|deny [<id>] --server <url> [--token-file <file>]',
  '       npm run postern -- approvals <server> list|show|approve|deny [<id>] [--as <local principal>]',
]

/** `approvals`: what waits for a person, and the person's decision. */
export const approvals: Command = {
  name: 'approvals',
  summary: 'what waits for the approval of a person; approve it or deny it',
  usage: [
    ...usage,
    '',
    'With --server, as an approver with a token of their own, who needs no access to a store; the token is that of',
    '--token-file, POSTERN_TOKEN_FILE or POSTERN_TOKEN. Without it, in the store of a server on this machine, for stdio.',
    '  --state <state>     list: pending (default), approved, denied, expired, used, or all',
    `  --because <reason>  deny: ${reasons.join(', ')}; the caller is told`,
    '  --as <principal>    without --server, in development: a local principal of the environment file',
    '  --json              for programs',
  ],
  async run(args, terminal) {
    const { values, positionals } = parseOptions(
      args,
      {
        server: { type: 'string' },
        'token-file': { type: 'string' },
        as: { type: 'string' },
        state: { type: 'string' },
        because: { type: 'string' },
        json: { type: 'boolean' },
      },
      3,
    )
    const { server } = values
    const said = server === undefined ? serverAndVerb(positionals, verbs, usage) : verbAlone(positionals)
    const { verb } = said
    // As the answer to a call says it: "postern approvals approve apr_…".
    if (server === undefined && said.server?.startsWith('apr_'))
      throw usageError('Say where: with --server <url>, or with the name of a server before the id.', ...usage)
    const [id, more] = said.rest
    if (more !== undefined) throw usageError(`"${more}" is one word too many.`, ...usage)
    const state = oneOf(states, values.state ?? 'pending', usage)
    if (values.because !== undefined) oneOf(reasons, values.because, usage)
    if (values.because !== undefined && verb !== 'deny') throw usageError('--because belongs to deny.', ...usage)
    const desk =
      server === undefined
        ? localDesk(namedBundle(said.server, usage), values.as, terminal)
        : httpDesk(server, bearerToken(values['token-file'], process.env))
    if (verb === 'list') return list(desk, state, values.json ?? false, terminal)
    if (id === undefined) throw usageError(`approvals ${verb} needs the id of a request.`, ...usage)
    return one(desk, verb, id, values, terminal)
  },
}

function verbAlone([word, ...rest]: readonly string[]) {
  return { server: undefined, verb: oneOf(verbs, word, usage), rest }
}

async function list(desk: Desk, state: (typeof states)[number], json: boolean, terminal: Terminal): Promise<number> {
  const found = await terminal.during(`asking ${desk.place}`, desk.list(state === 'all' ? undefined : state))
  if (json) {
    terminal.line(printableJson(JSON.stringify({ approvals: found }, undefined, 2)))
    return 0
  }
  if (found.length === 0) {
    terminal.line(state === 'pending' ? `Nothing waits for you at ${desk.place}.` : 'There are none.')
    return 0
  }
  showList(terminal, found)
  if (found.some((approval) => approval.state === 'pending'))
    terminal.note(`\nTo decide: npm run postern -- ${desk.command('approve <id>')}, or deny.`)
  return 0
}

async function one(
  desk: Desk,
  verb: 'show' | 'approve' | 'deny',
  id: string,
  { because, json }: { readonly because?: string | undefined; readonly json?: boolean | undefined },
  terminal: Terminal,
): Promise<number> {
  const asking =
    verb === 'show'
      ? desk.show(id)
      : desk.decide(id, verb === 'approve' ? { decision: 'approved' } : { decision: 'denied', because })
  const approval = await terminal.during(`asking ${desk.place}`, asking)
  if (json) {
    terminal.line(printableJson(JSON.stringify(approval, undefined, 2)))
    return 0
  }
  showCard(terminal, approval)
  if (verb === 'approve')
    terminal.note('\nApproved. The caller sends the same call with the same idempotency_key, and it is done, once.')
  if (verb === 'deny') terminal.note('\nDenied. The caller is told so, and the same call is refused from now on.')
  return 0
}
