import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '@postern/host/nearest'
import { usageError } from './cli-error.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * The options and words behind a command.
 *
 * @throws CliError with exit 2 that names the nearest option for one that does not exist
 */
export function parseOptions<const O extends Options>(args: readonly string[], options: O, words: number) {
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1]
    if (name === undefined || Object.hasOwn(options, name)) continue
    const meant = nearest(name, Object.keys(options))
    throw usageError(`There is no option --${name.slice(0, 64)} here.${meant ? ` Did you mean --${meant}?` : ''}`)
  }
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    if (parsed.positionals.length > words)
      throw usageError(`"${parsed.positionals[words]}" is one word too many. See "npm run postern -- help".`)
    return parsed
  } catch (error) {
    if (error instanceof TypeError) throw usageError(error.message)
    throw error
  }
}
