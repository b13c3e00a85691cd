import { recordSettled } from '@postern/audit'
import { listWrites, resolveWrite, showWrite } from '@postern/idempotency'
import { StartError } from '../environment/start-error.ts'
import { environmentFile } from '../environment-file.ts'
import { readOptions } from '../options.ts'
import { dataDirectory } from '../process-environment.ts'
import type { MainContext } from '../serve.ts'
import { type Started, start } from '../start.ts'

const usage =
  'Usage: writes list, writes show <id>, or writes resolve <id> --outcome executed|not_executed --note "<who says so and how they know>".'

/** `writes`: which writes are open or of unknown outcome, and how an operator settles one. Prints JSON. */
export async function writes(context: MainContext): Promise<void> {
  const { words, options } = readOptions(
    context.args,
    { outcome: 'executed or not_executed', note: 'a sentence' },
    usage,
  )
  const started = await start({
    server: context.server,
    environmentFile: environmentFile(context, true),
    dataDirectory: dataDirectory(context.env),
  })
  try {
    process.stdout.write(`${JSON.stringify(await run(started, words, options), undefined, 2)}\n`)
  } finally {
    await started.runtime.close()
  }
}

async function run(
  { backend: { store }, trail }: Started,
  [verb, id]: readonly string[],
  { outcome, note }: Readonly<Record<string, string>>,
): Promise<unknown> {
  if (verb === 'list') return listWrites(store)
  if (id === undefined) throw new StartError(`writes ${verb ?? ''} needs the id of a write.`, usage)
  if (verb === 'show') {
    const write = await showWrite(store, id)
    if (write === undefined)
      throw new StartError(`there is no write ${id} in this store. "writes list" shows those there are.`)
    return write
  }
  if (verb !== 'resolve') throw new StartError(`writes does not know "${verb ?? ''}".`, usage)
  if ((outcome !== 'executed' && outcome !== 'not_executed') || note === undefined)
    throw new StartError('writes resolve needs --outcome executed or not_executed, and a --note.', usage)
  const resolved = resolveWrite({ store, settled: recordSettled(trail) }, { id, outcome, note })
  return resolved.catch((error: unknown) => {
    // Its other errors are sentences for the operator.
    if (error instanceof Error && error.name === 'Error') throw new StartError(error.message)
    throw error
  })
}
