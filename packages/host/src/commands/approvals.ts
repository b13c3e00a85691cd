import { decideApproval, denialReasons, listApprovals, showApproval } from '@postern/approvals'
import { stdioIdentity } from '@postern/auth'
import type { Principal } from '@postern/tool'
import { StartError } from '../environment/start-error.ts'
import { environmentFile } from '../environment-file.ts'
import { readOptions } from '../options.ts'
import { dataDirectory } from '../process-environment.ts'
import type { MainContext } from '../serve.ts'
import { type Started, start } from '../start.ts'

const states = ['pending', 'approved', 'denied', 'expired', 'used'] as const
const usage =
  'Usage: approvals list [--state <state>], approvals show <id>, approvals approve <id>, approvals deny <id> [--because <reason>].'

/**
 * `approvals`: decides requests over the local store, for servers on stdio, and prints JSON. The approver is whoever
 * `POSTERN_TOKEN`, `POSTERN_TOKEN_FILE` or, in development, `POSTERN_PRINCIPAL` says. Over HTTP, approvers use the
 * server's `/approvals` and need no access to the store.
 */
export async function approvals(context: MainContext): Promise<void> {
  const { words, options } = readOptions(
    context.args,
    { because: denialReasons.join(', '), state: states.join(', ') },
    usage,
  )
  const started = await start({
    server: context.server,
    environmentFile: environmentFile(context, true),
    dataDirectory: dataDirectory(context.env),
  })
  try {
    const { environment } = started.runtime
    const identify = stdioIdentity({
      env: context.env,
      environment: environment.environment,
      verifier: started.verifier,
      local: environment.identity.local,
      scopes: started.scopes,
    })
    const answer = await run(started.desk, await identify(), words, options)
    process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  } finally {
    await started.runtime.close()
  }
}

async function run(
  desk: Started['desk'],
  caller: Principal,
  [verb, id]: readonly string[],
  { because, state }: Readonly<Record<string, string>>,
): Promise<unknown> {
  if (verb === 'list') return listApprovals(desk, { viewer: caller, limit: 100, ...stateOf(state) })
  if (id === undefined) throw new StartError(`approvals ${verb ?? ''} needs the id of a request.`, usage)
  switch (verb) {
    case 'show':
      return showApproval(desk, { id, viewer: caller })
    case 'approve':
      return decideApproval(desk, { id, approver: caller, decision: 'approved' })
    case 'deny':
      return decideApproval(desk, { id, approver: caller, decision: 'denied', ...reason(because) })
    default:
      throw new StartError(`approvals does not know "${verb ?? ''}".`, usage)
  }
}

function stateOf(text: string | undefined) {
  if (text === undefined) return {}
  const state = states.find((name) => name === text)
  if (state === undefined) throw new StartError(`--state must be one of ${states.join(', ')}.`, usage)
  return { state }
}

function reason(because: string | undefined) {
  if (because === undefined) return {}
  const known = denialReasons.find((name) => name === because)
  if (known === undefined) throw new StartError(`--because must be one of ${denialReasons.join(', ')}.`, usage)
  return { because: known }
}
