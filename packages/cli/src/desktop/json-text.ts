/** A JSON value, and where it stands in its text. */
export interface JsonNode {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'literal'
  /** Offsets of the first character, and behind the last one. */
  readonly start: number
  readonly end: number
  /** Of an object, in order of appearance. */
  readonly members?: readonly JsonMember[]
}

interface JsonMember {
  readonly key: string
  readonly start: number
  readonly value: JsonNode
}

/** Text that is not JSON, with the place where it stops being JSON. */
export class JsonFault extends Error {
  readonly line: number
  readonly column: number

  constructor(text: string, offset: number, problem: string) {
    const before = text.slice(0, offset).split('\n')
    super(`line ${before.length}, column ${(before.at(-1) ?? '').length + 1}: ${problem}`)
    this.name = 'JsonFault'
    this.line = before.length
    this.column = (before.at(-1) ?? '').length + 1
  }
}

const depthMax = 200

/**
 * Reads JSON (RFC 8259, nothing more: no comments, no trailing commas) and remembers where everything stands, so that
 * one value can be changed without touching a byte of the others. `JSON.parse` could not even say where a fault is.
 *
 * @throws JsonFault
 */
export function parseJsonText(text: string): JsonNode {
  let at = 0

  function fault(problem: string): never {
    throw new JsonFault(text, at, at < text.length ? problem : `the text ends here, but ${problem}`)
  }

  function space(): void {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at++
  }

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }

  function string(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are forbidden inside of JSON strings
    const found = match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y)
    if (found === undefined) fault('a string in double quotes is expected')
    return JSON.parse(found) as string
  }

  function object(depth: number): readonly JsonMember[] {
    const members: JsonMember[] = []
    at++
    space()
    if (match(/\}/y)) return members
    for (;;) {
      const start = at
      const key = string()
      if (members.some((member) => member.key === key)) {
        at = start
        fault(`the key ${JSON.stringify(key)} stands here a second time`)
      }
      space()
      if (!match(/:/y)) fault('a colon is expected')
      members.push({ key, start, value: value(depth + 1) })
      space()
      if (match(/\}/y)) return members
      if (!match(/,/y)) fault('a comma or a closing brace is expected')
      space()
    }
  }

  function array(depth: number): void {
    at++
    space()
    if (match(/\]/y)) return
    for (;;) {
      value(depth + 1)
      space()
      if (match(/\]/y)) return
      if (!match(/,/y)) fault('a comma or a closing bracket is expected')
    }
  }

  function value(depth: number): JsonNode {
    if (depth > depthMax) fault('a value this deep inside of others is not expected')
    space()
    const start = at
    if (text[at] === '{') {
      const members = object(depth)
      return { kind: 'object', start, end: at, members }
    }
    if (text[at] === '[') {
      array(depth)
      return { kind: 'array', start, end: at }
    }
    if (text[at] === '"') {
      string()
      return { kind: 'string', start, end: at }
    }
    if (match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)) return { kind: 'number', start, end: at }
    if (match(/(?:true|false|null)\b/y)) return { kind: 'literal', start, end: at }
    return fault('a value is expected')
  }

  const root = value(0)
  space()
  if (at < text.length) fault('nothing more is expected')
  return root
}
