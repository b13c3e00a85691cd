import { nearest } from '@postern/host/nearest'
import { usageError } from './cli-error.ts'

/** A word of a closed set. @throws CliError with exit 2 and the nearest one */
export function oneOf<const W extends string>(
  known: readonly W[],
  word: string | undefined,
  usage: readonly string[],
): W {
  const found = known.find((one) => one === word)
  if (found !== undefined) return found
  if (word === undefined) throw usageError(`Say what to do: ${known.join(', ')}.`, ...usage)
  const meant = nearest(word, known)
  throw usageError(
    `There is no "${word.slice(0, 64)}" here.${meant ? ` Did you mean "${meant}"?` : ` There are: ${known.join(', ')}.`}`,
    ...usage,
  )
}

/** `<verb> <server>` and `<server> <verb>` mean the same; nobody should have to remember which. */
export function serverFirst(words: readonly string[], verbs: readonly string[]): readonly (string | undefined)[] {
  const [first, second, ...rest] = words
  return first !== undefined && verbs.includes(first) ? [second, first, ...rest] : words
}
