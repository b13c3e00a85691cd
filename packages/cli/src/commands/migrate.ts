import { runBundle } from '../bundles.ts'
import type { Command } from '../command.ts'
import { namedBundle } from '../named-bundle.ts'
import { parseOptions } from '../options.ts'

const usage = ['Usage: npm run postern -- migrate <server>']

/** `migrate`: brings the tables of a deployment up to date, before its servers start on a role that may not. */
export const migrate: Command = {
  name: 'migrate',
  summary: 'brings the tables of a deployment up to date, as a step of its own',
  usage: [
    ...usage,
    '',
    'For deployments where the role of the server may not alter tables: run it with one that may, then start the server.',
    'Migrations only expand, so servers of the version before go on meanwhile.',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment, as they do for the server.',
  ],
  async run(args) {
    const { positionals } = parseOptions(args, {}, 1)
    return runBundle(namedBundle(positionals[0], usage), ['migrate'])
  },
}
