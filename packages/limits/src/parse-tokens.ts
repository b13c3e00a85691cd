/**
 * What one token of a model weighs, on average, in bytes of UTF-8 JSON. An estimate: English JSON has a little more,
 * Chinese or Arabic less. Bytes rather than characters, so that the estimate holds for other scripts too.
 */
export const bytesPerToken = 4

export const tokensForm = /^([1-9]\d{0,6}) tokens$/

/**
 * Reads `4000 tokens`.
 *
 * @throws TypeError for text of another form
 */
export function parseTokens(text: string): number {
  const [, count] = tokensForm.exec(text) ?? []
  if (count === undefined) throw new TypeError(`${text} is not a size such as 4000 tokens`)
  return Number(count)
}
