import { age } from '../age.ts'
import { askJson } from '../ask-json.ts'
import type { Command } from '../command.ts'
import { namedBundle } from '../named-bundle.ts'
import { parseOptions } from '../options.ts'
import { printableJson } from '../printable.ts'
import { table } from '../table.ts'
import { when } from '../when.ts'
import { serverAndVerb } from '../words.ts'

const usage = ['Usage: npm run postern -- secrets status <server>']

/** One value of one credential, as the bundle tells of it. */
interface Row {
  readonly name: string
  readonly which: 'current' | 'next'
  readonly location: string
  readonly id: string | null
  readonly ageSeconds: number | null
  readonly lastUsedAt: string | null
  readonly inUse: boolean
  readonly problem: string | null
  readonly warning: string | null
}

/** `secrets status`: how old the credentials of a deployment are, and whether a rotation has come to its end. */
export const secrets: Command = {
  name: 'secrets',
  summary: 'the credentials of a deployment: id, age, last use, never a value',
  usage: [
    ...usage,
    '',
    'current is the value in force, next the one that a rotation moves to: both are accepted until the old one is gone.',
    'Exits with 1 when a current value cannot be used.',
    '  --json  for programs',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment, as they do for the server.',
  ],
  async run(args, terminal) {
    const { values, positionals } = parseOptions(args, { json: { type: 'boolean' } }, 2)
    const { server } = serverAndVerb(positionals, ['status'], usage)
    const bundle = namedBundle(server, usage)
    const { code, text, value } = await askJson<readonly Row[]>(bundle, ['secrets'], terminal)
    if (values.json) terminal.line(printableJson(text.trimEnd()))
    else if (value.length === 0) terminal.line(`${bundle.name} needs no credential in this environment.`)
    else {
      const head = ['name', 'which', 'id', 'age', 'last used', 'problem']
      table(terminal, head, value.map(cells), ['which', 'age', 'last used'])
    }
    return code
  },
}

function cells(row: Row): string[] {
  return [
    row.name,
    row.inUse ? `${row.which}, in use` : row.which,
    row.id ?? '-',
    row.ageSeconds === null ? '-' : age(row.ageSeconds),
    row.lastUsedAt === null ? '-' : when(row.lastUsedAt),
    problemOf(row),
  ]
}

function problemOf({ which, problem, warning, location }: Row): string {
  // Nothing there is how a credential looks between two rotations.
  if (which === 'next' && problem === 'does not exist') return 'no rotation under way'
  const fault = problem ?? warning
  return fault === null ? '' : `${location} ${fault}`
}
