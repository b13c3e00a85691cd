import { lines, ok, printed } from './replies.ts'
import type { CommandStep } from './scene.ts'

/** The last step of a conversation: everything that happened in it was recorded, and nobody has changed a record. */
export function auditStep(server: string, as: string): CommandStep {
  return {
    does: 'command',
    title: 'And all of it is on record',
    as,
    args: () => ['audit', 'verify', server],
    shows: (reply) => {
      const chains = lines(reply, /^[\w-]+-\d+ /).length
      return lines(reply, /intact/).map((line) => `${line} in ${chains} chains, one for each process at a time`)
    },
    fault(reply) {
      const [, count = '0'] = /intact: (\d+) records/.exec(printed(reply).join('\n')) ?? []
      return ok(reply) ?? (Number(count) > 20 ? undefined : 'there are too few records')
    },
    why: 'Every call, refusal, replay and approval is in a chain of signed records: a changed, missing or added one shows.',
  }
}
