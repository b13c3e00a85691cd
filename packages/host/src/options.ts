import { nearest } from './environment/nearest.ts'
import { StartError } from './environment/start-error.ts'

/**
 * Reads `--name value` pairs and plain words of a sub-command.
 *
 * @param known the options there are, with what they take; `''` marks a switch without a value
 * @throws StartError for an unknown option, with the nearest known one, a repeated one, or a missing value
 */
export function readOptions(
  args: readonly string[],
  known: Readonly<Record<string, string>>,
  usage: string,
): { readonly words: readonly string[]; readonly options: Readonly<Record<string, string>> } {
  const words: string[] = []
  const options: Record<string, string> = {}
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? ''
    if (!word.startsWith('--')) {
      words.push(word)
      continue
    }
    const name = word.slice(2)
    if (!Object.hasOwn(known, name)) throw new StartError(unknown(name, Object.keys(known)), usage)
    const takes = known[name]
    // The last of them alone would count, and nobody would know.
    if (Object.hasOwn(options, name))
      throw new StartError(`${word} is given more than once${takes && `; it takes ${takes}`}.`, usage)
    const value = takes === '' ? 'yes' : args[++i]
    if (value === undefined || value.startsWith('--')) throw new StartError(`${word} needs ${takes}.`, usage)
    options[name] = value
  }
  return { words, options }
}

function unknown(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  return `there is no option --${name.slice(0, 64)}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`
}
