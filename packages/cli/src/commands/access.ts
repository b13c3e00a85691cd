import { askText } from '../ask-text.ts'
import { usageError } from '../cli-error.ts'
import type { Command } from '../command.ts'
import { givenOptions } from '../given-options.ts'
import { namedBundle } from '../named-bundle.ts'
import { parseOptions } from '../options.ts'
import { printable } from '../printable.ts'
import { oneOf } from '../words.ts'

const formats = ['text', 'csv', 'markdown'] as const
const usage = [
  'Usage: npm run postern -- access <server> [--format text|csv|markdown]',
  '       npm run postern -- access explain <server> --as <role or local principal> --tool <tool or resource> [--purpose <purpose>]',
]

/** `access`: what one environment file grants, and why. */
export const access: Command = {
  name: 'access',
  summary: 'who may do what to which rows, and which rule decides a case',
  usage: [
    ...usage,
    '',
    'Reads the environment file alone: no server has to run. What is not listed is denied.',
    'csv has one line for each role, purpose and tool or resource, refusals included.',
    'POSTERN_ENVIRONMENT chooses the deployment, as it does for the server.',
  ],
  async run(args, terminal) {
    const { values, positionals } = parseOptions(
      args,
      {
        format: { type: 'string' },
        as: { type: 'string' },
        tool: { type: 'string' },
        purpose: { type: 'string' },
      },
      2,
    )
    const explain = positionals.includes('explain')
    const [server, tooMuch] = positionals.filter((word) => word !== 'explain')
    if (tooMuch !== undefined) throw usageError(`"${tooMuch.slice(0, 64)}" is one word too many.`, ...usage)
    const bundle = namedBundle(server, usage)
    if (explain && (values.as === undefined || values.tool === undefined))
      throw usageError('access explain needs --as and --tool.', ...usage)
    if (!explain && (values.as ?? values.tool ?? values.purpose) !== undefined)
      throw usageError('--as, --tool and --purpose belong to access explain.', ...usage)
    if (values.format !== undefined) oneOf(formats, values.format, usage)
    const text = await askText(bundle, ['access', ...(explain ? ['explain'] : []), ...givenOptions(values)], terminal)
    for (const line of text.split('\n')) terminal.line(printable(line))
    return 0
  },
}
