const depthMax = 16

/**
 * Parses one JSON object.
 *
 * A key that stands twice is refused at any depth: parsers disagree on which one counts, so that the issuer may have
 * meant one and we would read the other (RFC 8725 section 2.6). So is nesting deeper than 16.
 *
 * @throws SyntaxError
 */
export function parseStrictJson(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('not a JSON object')
  refuseDuplicateKeys(text)
  return value as Record<string, unknown>
}

/** Walks over text that is known to be JSON. */
function refuseDuplicateKeys(text: string): void {
  /** The keys seen in each open object; undefined stands for an open array. */
  const open: (Set<string> | undefined)[] = []
  let keyIsNext = false
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
      case '[':
        keyIsNext = text[i] === '{'
        if (open.push(keyIsNext ? new Set() : undefined) > depthMax) throw new SyntaxError('nested too deeply')
        break
      case '}':
      case ']':
        open.pop()
        keyIsNext = false
        break
      case ',':
        keyIsNext = open.at(-1) !== undefined
        break
      case '"': {
        const end = endOfString(text, i)
        if (keyIsNext) note(open.at(-1), JSON.parse(text.slice(i, end + 1)))
        keyIsNext = false
        i = end
      }
    }
  }
}

/** Keys are compared after decoding: `"sub"` and `"\u0073ub"` are the same key. */
function note(seen: Set<string> | undefined, key: string): void {
  if (seen?.has(key)) throw new SyntaxError('a key stands twice')
  seen?.add(key)
}

function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}
