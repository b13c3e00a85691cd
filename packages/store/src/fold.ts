/**
 * The form in which texts are compared and searched: compatibility characters unified (NFKC), lower case, without
 * format characters, so that an invisible character hides neither a word nor a duplicate.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}/gu, '')
}

const termsMax = 12
const edges = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu

/** What a person types into a search: at most 12 terms between spaces, folded, without the punctuation around them. */
export function searchTerms(text: string): string[] {
  const typed = fold(text).split(/\s+/).filter(Boolean)
  return [...new Set(typed.map((term) => term.replace(edges, '') || term))].slice(0, termsMax)
}
