import { nearest } from '@postern/host/nearest'
import { bundles } from './bundles.ts'
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

/**
 * `<verb> <server> …` and `<server> <verb> …` mean the same; nobody should have to remember which.
 *
 * @throws CliError with exit 2 when neither word says what to do
 */
export function serverAndVerb<const V extends string>(
  words: readonly string[],
  verbs: readonly V[],
  usage: readonly string[],
): { readonly server: string | undefined; readonly verb: V; readonly rest: readonly string[] } {
  const [first, second, ...rest] = words
  const verb = verbs.find((one) => one === first)
  if (verb !== undefined)
    return second === undefined || second.startsWith('-')
      ? { server: undefined, verb, rest: words.slice(1) }
      : { server: second, verb, rest }
  const isServer = bundles().some(({ name }) => name === first)
  const behind = isServer || verbs.some((one) => one === second)
  return { server: first, verb: oneOf(verbs, behind ? second : first, usage), rest }
}
