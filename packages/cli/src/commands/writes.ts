import { askJson } from '../ask-json.ts'
import type { Bundle } from '../bundles.ts'
import { usageError } from '../cli-error.ts'
import type { Command } from '../command.ts'
import { namedBundle } from '../named-bundle.ts'
import { parseOptions } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { card, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { when } from '../when.ts'
import { oneOf, serverAndVerb } from '../words.ts'

const verbs = ['list', 'show', 'resolve'] as const
const outcomes = ['executed', 'not_executed'] as const
const usage = [
  'Usage: npm run postern -- writes <server> list',
  '       npm run postern -- writes <server> show <id>',
  '       npm run postern -- writes <server> resolve <id> --outcome executed|not_executed --note "<who says so, and how>"',
]

/** A write, as far as it is shown. */
interface Write {
  readonly id: string
  readonly state: string
  readonly tool: string
  readonly version: string
  readonly tenant: string
  readonly issuer: string
  readonly subject: string
  readonly request_id: string
  readonly at: string
  readonly sent_at?: string
  readonly recovery?: string
  readonly attempts: number
  readonly lease_until: string
  readonly note?: string
  readonly arguments?: unknown
  readonly outcome?: string
  readonly code?: string
  readonly expires_at?: string
}

/** `writes`: what has not come to a known end, and how an operator settles it. */
export const writes: Command = {
  name: 'writes',
  summary: 'writes that are open or of unknown outcome; settle one that you have checked',
  usage: [
    ...usage,
    '',
    'Open writes are driven to an end by themselves. One is unknown where nobody can know: look into the system behind',
    'the tool, then resolve it. executed: repetitions are told that it took effect. not_executed: it may be sent again.',
    '  --json  for programs',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment, as they do for the server.',
  ],
  async run(args, terminal) {
    const { values, positionals } = parseOptions(
      args,
      { outcome: { type: 'string' }, note: { type: 'string' }, json: { type: 'boolean' } },
      3,
    )
    const { server, verb, rest } = serverAndVerb(positionals, verbs, usage)
    const bundle = namedBundle(server, usage)
    const [id] = rest
    if (verb === 'list') return list(bundle, values.json ?? false, terminal)
    if (id === undefined) throw usageError(`writes ${verb} needs the id of a write.`, ...usage)
    const more = verb === 'resolve' ? resolution(values.outcome, values.note) : []
    const { text, value } = await askJson<Write>(bundle, ['writes', verb, id, ...more], terminal)
    if (values.json) terminal.line(printableJson(text.trimEnd()))
    else showWrite(terminal, value)
    if (verb === 'resolve' && !values.json) terminal.note(`\nSettled as ${values.outcome}.`)
    return 0
  },
}

function resolution(outcome: string | undefined, note: string | undefined): string[] {
  const chosen = oneOf(outcomes, outcome, usage)
  if (!note?.trim()) throw usageError('writes resolve needs a --note: who says so, and how they know.', ...usage)
  return ['--outcome', chosen, '--note', note]
}

async function list(bundle: Bundle, json: boolean, terminal: Terminal): Promise<number> {
  const { text, value } = await askJson<readonly Write[]>(bundle, ['writes', 'list'], terminal)
  if (json) terminal.line(printableJson(text.trimEnd()))
  else if (value.length === 0) terminal.line(`Every write of ${bundle.name} has come to a known end.`)
  else {
    table(
      terminal,
      ['id', 'state', 'tool', 'caller', 'begun', 'note'],
      value.map((write) => [write.id, write.state, write.tool, write.subject, when(write.at), write.note ?? '']),
      ['id', 'begun'],
    )
    terminal.note(`\nMore about one: npm run postern -- writes ${bundle.name} show <id>`)
  }
  return 0
}

function showWrite(terminal: Terminal, write: Write): void {
  terminal.line(`${terminal.paint('bold', printable(write.id))}  ${printable(write.state)}`)
  card(terminal, [
    ['tool', `${write.tool} ${write.version}`],
    ['caller', `${write.subject} (${write.issuer}), tenant ${write.tenant}`],
    ['request', write.request_id],
    ['begun', when(write.at)],
    ['sent', write.sent_at && when(write.sent_at)],
    ['recovery', write.recovery && `${write.recovery}, ${write.attempts} tried`],
    ['next try', write.state === 'sent' || write.state === 'claimed' ? when(write.lease_until) : undefined],
    ['outcome', [write.outcome, write.code].filter(Boolean).join(', ') || undefined],
    ['note', write.note],
    ['kept until', write.expires_at && when(write.expires_at)],
    ['arguments', write.arguments === undefined ? undefined : JSON.stringify(write.arguments)],
  ])
}
