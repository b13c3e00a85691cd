/**
 * The candidate a misspelt word was most likely meant to be, or undefined when none is close.
 * Distance is Damerau-Levenshtein (adjacent letters swapped count once); case and `-`/`_` do not count.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = fold(word)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(plain, fold(candidate))
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best ?? onlyOneThatStartsAlike(plain, candidates)
}

/** `stage` for `staging`: too many letters apart to be a slip, and still clear. */
function onlyOneThatStartsAlike(plain: string, candidates: readonly string[]): string | undefined {
  if (plain.length < prefixCharsMin) return undefined
  const alike = candidates.filter((candidate) => fold(candidate).startsWith(plain.slice(0, prefixCharsMin)))
  return alike.length === 1 ? alike[0] : undefined
}

const prefixCharsMin = 4

/** Longer words are not typing mistakes of anything we know. */
const charsMax = 64

const fold = (word: string): string => word.toLowerCase().replaceAll('-', '_').slice(0, charsMax)

function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        at(next, j - 1) + 1,
        at(row, j) + 1,
        at(row, j - 1) + (same ? 0 : 1),
        swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return at(row, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
