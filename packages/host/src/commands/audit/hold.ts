import { placeHold, releaseHold, verify } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import { progressBar } from '../../progress-bar.ts'
import type { MainContext } from '../../serve.ts'
import { type OpenedTrails, withTrails } from './opened-trails.ts'
import { printJson } from './trail-report.ts'
import { withAuditLog } from './with-audit-log.ts'

const usage =
  'Usage: audit hold list, audit hold place <id> --reason "<why>" --by <who decided>, or audit hold release <id> --by <who decided>.'
const textCharsMax = 200

/** `audit hold`: while a legal hold stands, nothing is pruned. Holds are records, so that none is lifted unseen. */
export async function hold(context: MainContext): Promise<void> {
  const { words, options } = readOptions(context.args, { by: 'a person', reason: 'a sentence' }, usage)
  const [verb = 'list', id, more] = words
  if (!['list', 'place', 'release'].includes(verb) || more !== undefined)
    throw new StartError(`audit hold does not know "${more ?? verb}".`, usage)
  const wanted = verb === 'list' ? undefined : change(verb, id, options)
  await withTrails(context, {}, async (opened) => {
    const before = await holdsIn(opened, context.server.name)
    if (wanted !== undefined) await apply(opened, wanted, before)
    printJson({
      server: context.server.name,
      environment: opened.environment.environment,
      holds: wanted === undefined ? before : await holdsIn(opened, context.server.name),
    })
  })
}

type Change =
  | { readonly verb: 'place'; readonly id: string; readonly by: string; readonly reason: string }
  | { readonly verb: 'release'; readonly id: string; readonly by: string }

function change(verb: string, id: string | undefined, { by, reason }: Readonly<Record<string, string>>): Change {
  if (id === undefined || !/^[\w.:-]{1,64}$/.test(id))
    throw new StartError(`audit hold ${verb} needs an id of up to 64 letters, digits, and . _ : -.`, usage)
  if (by === undefined) throw new StartError(`audit hold ${verb} needs --by: who decided.`, usage)
  if ([by, reason ?? ''].some((text) => text.length > textCharsMax))
    throw new StartError(`--by and --reason have at most ${textCharsMax} characters.`)
  if (verb === 'release') return { verb, id, by }
  if (reason === undefined) throw new StartError('audit hold place needs a --reason.', usage)
  return { verb: 'place', id, by, reason }
}

async function apply(opened: OpenedTrails, wanted: Change, before: readonly { readonly id: string }[]): Promise<void> {
  const stands = before.some(({ id }) => id === wanted.id)
  if (wanted.verb === 'place' && stands) throw new StartError(`the hold ${wanted.id} stands already.`)
  if (wanted.verb === 'release' && !stands)
    throw new StartError(
      `there is no hold ${wanted.id}. There are: ${before.map(({ id }) => id).join(', ') || 'none'}.`,
    )
  await withAuditLog(opened, (log) => (wanted.verb === 'place' ? placeHold(log, wanted) : releaseHold(log, wanted)))
}

/** Every sink holds every record; the first one is asked. */
async function holdsIn({ trails }: OpenedTrails, server: string) {
  const [trail] = trails
  if (trail === undefined) return []
  const progress = progressBar(`verifying ${server}`)
  const { holds } = await verify({ trail, onProgress: progress.tell })
  progress.end()
  return holds
}
