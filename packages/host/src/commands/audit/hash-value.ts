import { hashOf } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import type { MainContext } from '../../serve.ts'
import { keysOf, trailOptions, trailWithRecords, withTrails } from './opened-trails.ts'
import { readValue } from './read-value.ts'
import { printJson } from './trail-report.ts'

const usage =
  'Usage: audit hash <value>, or audit hash - with the value on stdin. A value is an idempotency key, an answer as it was sent, or arguments as JSON.'

/** `audit hash`: the keyed hashes under which a value would stand in the records, so that no record has to hold it. */
export async function hashValue(context: MainContext): Promise<void> {
  const { words, options } = readOptions(context.args, trailOptions, usage)
  const [given, more] = words
  if (given === undefined || more !== undefined)
    throw new StartError(given === undefined ? 'audit hash needs a value.' : 'audit hash takes one value.', usage)
  await withTrails(context, options, async (opened) => {
    await trailWithRecords(opened)
    const hashes = hashOf(await readValue(given), await keysOf(opened))
    printJson({
      server: context.server.name,
      environment: opened.environment.environment,
      hashes: hashes.map(({ keyId, of, hmac }) => ({ key_id: keyId, of, hmac })),
    })
  })
}
