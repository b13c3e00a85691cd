import { bundles, requireBuilt } from '../bundles.ts'
import type { Command } from '../command.ts'
import { desktopConfigFile } from '../desktop/config-file.ts'
import { desktopEntries } from '../desktop/entries.ts'
import { merge } from '../desktop/merge.ts'
import { readReplaceable, replaceFile } from '../desktop/replace-file.ts'
import { parseOptions } from '../options.ts'
import type { Terminal } from '../terminal.ts'

/** `claude-desktop`: the entries for Claude Desktop, printed, or merged into its configuration. */
export const claudeDesktop: Command = {
  name: 'claude-desktop',
  summary: 'the entries for Claude Desktop: prints them, or merges them with --write',
  usage: [
    'Usage: npm run postern -- claude-desktop [--write] [--config <file>]',
    '',
    'Prints the stdio entries of all built servers as JSON, with absolute paths.',
    '  --write          merges them into the configuration of Claude Desktop. The old file is kept beside it; entries',
    '                   of others and what you have set yourself stay; a file that is not valid JSON is not touched.',
    `  --config <file>  another configuration file; default ${desktopConfigFile()}`,
  ],
  async run(args, terminal) {
    const { values } = parseOptions(args, { write: { type: 'boolean' }, config: { type: 'string' } }, 0)
    const all = bundles()
    const built = all.filter((bundle) => bundle.built)
    if (built.length === 0) for (const bundle of all) requireBuilt(bundle)
    const entries = desktopEntries(built)
    for (const { name } of all.filter((bundle) => !bundle.built))
      terminal.note(`${name} is left out, because it is not built. Run "npm run build".`)
    const file = values.config ?? desktopConfigFile()
    if (values.write) return write(file, entries, terminal)
    terminal.line(JSON.stringify({ mcpServers: entries }, undefined, 2))
    terminal.note(`\nFor ${file}. With --write the entries are merged into it.`)
    return 0
  },
}

function write(file: string, entries: ReturnType<typeof desktopEntries>, terminal: Terminal): number {
  const before = readReplaceable(file)
  const { text, added, changed } = merge(file, before.text ?? '', entries)
  if (added.length + changed.length === 0) {
    terminal.line(`${before.path} has these entries already; nothing was changed.`)
    return 0
  }
  const copy = replaceFile(before, text)
  terminal.line(before.text === undefined ? `Made ${before.path}.` : `Changed ${before.path}.`)
  if (added.length > 0) terminal.line(`  added:   ${added.join(', ')}`)
  if (changed.length > 0) terminal.line(`  updated: ${changed.join(', ')}`)
  if (copy !== undefined) terminal.line(`  before:  ${copy}`)
  terminal.line('Quit Claude Desktop and start it again: it reads this file only once.')
  return 0
}
