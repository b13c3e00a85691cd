import { printable } from '../printable.ts'
import { card } from '../table.ts'
import { type Terminal, wrap } from '../terminal.ts'
import { when } from '../when.ts'
import type { Approval } from './desk.ts'

/** What waits, or was decided: one request below the other, with what would happen. */
export function showList(terminal: Terminal, approvals: readonly Approval[]): void {
  for (const [at, approval] of approvals.entries()) {
    if (at > 0) terminal.line()
    const { approval_id, requester, requested_at, expires_at } = approval
    terminal.line(`${terminal.paint('bold', printable(approval_id))}  ${state(terminal, approval)}`)
    const asked = `asked by ${nameOf(requester)} at ${when(requested_at)}, expires ${when(expires_at)}`
    for (const line of [...wrap(printable(approval.summary), terminal.columns - 4), asked]) terminal.line(`    ${line}`)
  }
}

export function showCard(terminal: Terminal, approval: Approval): void {
  const { approval_id, requester, decision, used_at } = approval
  terminal.line(`${terminal.paint('bold', printable(approval_id))}  ${state(terminal, approval)}`)
  card(terminal, [
    ['would do', approval.summary],
    ['tool', `${approval.tool} of ${approval.server} (${approval.environment})`],
    ['asked by', `${nameOf(requester)} (${requester.issuer}), tenant ${approval.tenant}`],
    ['may decide', approval.approvers.join(', ')],
    ['asked at', when(approval.requested_at)],
    ['expires', when(approval.expires_at)],
    ['decision', decision && decisionOf(decision)],
    ['used', used_at && when(used_at)],
    ['arguments', `sha256 ${approval.digest}`],
  ])
}

function decisionOf({ by, at, through, because }: NonNullable<Approval['decision']>): string {
  const why = because === undefined ? '' : `, because ${because}`
  return `by ${by.subject} (${by.issuer}) at ${when(at)}${through === 'client' ? ', asked in the client' : ''}${why}`
}

function nameOf({ subject, actor }: Approval['requester']): string {
  return printable(actor === undefined ? subject : `${subject} through ${actor}`)
}

function state(terminal: Terminal, approval: Approval): string {
  const colours = { pending: 'yellow', approved: 'green', used: 'green', denied: 'red' } as const
  const colour = Object.hasOwn(colours, approval.state) ? colours[approval.state as keyof typeof colours] : 'dim'
  return terminal.paint(colour, printable(approval.state))
}
