import { fold } from '@postern/store'

/** Scripts written without spaces: their words cannot be told by a rule, so two neighbouring characters stand for one. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}ー]/u
const runs = /[\p{L}\p{M}\p{N}]+/gu

/** The words of a text, folded, in order; runs of scripts without spaces as overlapping pairs of characters. */
export function words(text: string): string[] {
  return (fold(text).match(runs) ?? []).flatMap(split)
}

function split(run: string): string[] {
  if (!unspaced.test(run)) return [run]
  const parts: string[] = []
  let spaced = ''
  let pairs: string[] = []
  const flush = () => {
    if (spaced !== '') parts.push(spaced)
    if (pairs.length === 1) parts.push(...pairs)
    for (let i = 0; i + 1 < pairs.length; i++) parts.push(`${pairs[i]}${pairs[i + 1]}`)
    spaced = ''
    pairs = []
  }
  for (const character of run) {
    const isUnspaced = unspaced.test(character)
    if (isUnspaced ? spaced !== '' : pairs.length > 0) flush()
    if (isUnspaced) pairs.push(character)
    else spaced += character
  }
  flush()
  return parts
}

/** True for a pair that `words` cut out of a script without spaces. */
export function isPair(word: string): boolean {
  return unspaced.test(word)
}
