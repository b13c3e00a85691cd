import type { Command } from '../command.ts'
import { parseOptions } from '../options.ts'

/** `demo`: a guided conversation with the built servers, on fresh data of its own. */
export const demo: Command = {
  name: 'demo',
  summary: 'a guided conversation with the servers, on data of its own',
  usage: [
    'Usage: npm run demo',
    '',
    'Starts the built servers on fresh embedded data, over stdio and HTTP, and talks to them as an agent would.',
    'Shows who asked, which tool, what came back and why it matters. Exits with 1 if a step does not come out right.',
  ],
  async run(args, terminal) {
    parseOptions(args, {}, 0)
    // Brings the MCP client, which no other command needs.
    const { perform } = await import('../demo/perform.ts')
    return perform(terminal)
  },
}
