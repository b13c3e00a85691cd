/** Characters of the longest text. Not by spreading: a call takes no hundred thousand arguments. */
export function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0)
}
