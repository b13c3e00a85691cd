import { askText } from '../ask-text.ts'
import type { Command } from '../command.ts'
import { givenOptions } from '../given-options.ts'
import { namedBundle } from '../named-bundle.ts'
import { parseOptions } from '../options.ts'

const usage = [
  'Usage: npm run postern -- token <server> --as <local principal> [options]',
  '       npm run postern -- token <server> --role <role> --tenant <tenant> [options]',
]

/** `token`: a short-lived token for development. */
export const token: Command = {
  name: 'token',
  summary: 'a short-lived token for a server in development',
  usage: [
    ...usage,
    '',
    'Prints the token and nothing else. Servers in development with the same data directory accept it; every other',
    'environment refuses it by name.',
    '  --purpose <purpose>            only this one of the purposes',
    '  --scopes "<scope> <scope>"     only these scopes',
    '  --ttl <time>                   how long it lives, such as 15min (default) or 40s; at most 1h',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment, as they do for the server.',
  ],
  async run(args, terminal) {
    const { values, positionals } = parseOptions(
      args,
      {
        as: { type: 'string' },
        role: { type: 'string' },
        tenant: { type: 'string' },
        purpose: { type: 'string' },
        scopes: { type: 'string' },
        ttl: { type: 'string' },
      },
      1,
    )
    const bundle = namedBundle(positionals[0], usage)
    terminal.line(await askText(bundle, ['token', ...givenOptions(values)], terminal))
    return 0
  },
}
