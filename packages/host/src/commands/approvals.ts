import { denialReasons } from '@postern/approvals'
import { stdioIdentity } from '@postern/auth'
import { ToolError } from '@postern/errors'
import type { Target } from '@postern/tool'
import type { ApprovalTargets } from '../approval-targets.ts'
import { StartError } from '../environment/start-error.ts'
import { environmentFile } from '../environment-file.ts'
import { readOptions } from '../options.ts'
import { dataDirectory } from '../process-environment.ts'
import type { CallRequest } from '../runtime.ts'
import type { MainContext } from '../serve.ts'
import { type Started, start } from '../start.ts'

const limit = 100
const pagesMax = 10
const answerMsMax = 30_000
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
    const ask = asking(started, await callerOf(context, started))
    const answer = await run(ask, started.approvals, words, options)
    process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  } finally {
    await started.runtime.close()
  }
}

type Caller = Pick<CallRequest, 'principal' | 'refusal'>
type Asked = (target: Target, input: unknown) => Promise<Readonly<Record<string, unknown>>>

/** Who decides, or the reason why nobody is known: a token that is refused leaves its record like any call. */
async function callerOf({ env }: MainContext, { runtime, verifier, scopes }: Started): Promise<Caller> {
  const { environment, identity } = runtime.environment
  const identify = stdioIdentity({ env, environment, verifier, local: identity.local, scopes })
  try {
    return { principal: await identify() }
  } catch (error) {
    if (error instanceof ToolError) return { refusal: error }
    throw error
  }
}

/** Through the pipeline, like the requests of approvers over HTTP. */
function asking({ runtime }: Started, caller: Caller): Asked {
  return async (target, input) => {
    const reply = await runtime.call({
      target,
      input,
      ...caller,
      client: { transport: 'internal', era: 'internal' },
      signal: AbortSignal.timeout(answerMsMax),
    })
    if (reply.error) throw new StartError(reply.error.message, reply.error.next_step)
    return reply.data ?? {}
  }
}

async function run(
  ask: Asked,
  targets: ApprovalTargets,
  [verb, id]: readonly string[],
  { because, state }: Readonly<Record<string, string>>,
): Promise<unknown> {
  if (verb === 'list') return list(ask, targets, stateOf(state))
  if (id === undefined) throw new StartError(`approvals ${verb ?? ''} needs the id of a request.`, usage)
  switch (verb) {
    case 'show':
      return ask(targets.show, { id })
    case 'approve':
      return ask(targets.decide, { id, decision: 'approved' })
    case 'deny':
      return ask(targets.decide, { id, decision: 'denied', ...reason(because) })
    default:
      throw new StartError(`approvals does not know "${verb ?? ''}".`, usage)
  }
}

/** Pages may be short: what others asked about rows of which the approver has none stands between. */
async function list(ask: Asked, { list }: ApprovalTargets, query: Readonly<Record<string, string>>) {
  const found: unknown[] = []
  let cursor: unknown
  for (let page = 0; page < pagesMax && found.length < limit; page++) {
    const answer = await ask(list, { ...query, limit, ...(cursor !== undefined && { cursor }) })
    found.push(...(answer['approvals'] as readonly unknown[]))
    cursor = answer['next_cursor']
    if (cursor === undefined) break
  }
  return { approvals: found, ...(cursor !== undefined && { next_cursor: cursor }) }
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
