import { type Issue, ToolError } from '@postern/errors'
import type { Middleware } from '@postern/tool'

const depthMax = 32
const elementsMax = 2000

/**
 * Limits the input before anything reads it: its size, its depth (32) and its number of values (2,000). Schemas bound
 * most of this too, but only after they have walked all of it.
 *
 * @param inputBytesMax compact JSON in UTF-8, for targets that set no size of their own; escapes are not counted
 * @throws ToolError VALIDATION_ERROR/too_large
 */
export function payloadLimit(inputBytesMax: number): Middleware {
  return async function payloadLimit(call, next) {
    const bytesMax = call.target.limits.inputBytesMax ?? inputBytesMax
    const issue = new Walk(bytesMax).walk(call.input)
    if (issue === undefined) return next(call)
    throw new ToolError('VALIDATION_ERROR', 'too_large', `The input of ${call.target.name} is too large.`, {
      issues: [issue],
    })
  }
}

/** One pass that stops at the first bound it meets, so that refusing costs no more than the bound. */
class Walk {
  readonly #bytesMax: number
  #bytes = 0
  #elements = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  walk(value: unknown, depth = 1): Issue | undefined {
    if (depth > depthMax) return issue('max_depth', `at most ${depthMax} levels of nesting`)
    if (++this.#elements > elementsMax) return issue('max_elements', `at most ${elementsMax} values in all`)
    if (typeof value !== 'object' || value === null) return this.#add(scalarBytes(value))
    return Array.isArray(value) ? this.#list(value, depth) : this.#object(value as Record<string, unknown>, depth)
  }

  #list(list: readonly unknown[], depth: number): Issue | undefined {
    let found = this.#add(2 + Math.max(0, list.length - 1))
    for (let index = 0; found === undefined && index < list.length; index++) found = this.walk(list[index], depth + 1)
    return found
  }

  #object(object: Readonly<Record<string, unknown>>, depth: number): Issue | undefined {
    let found = this.#add(1)
    // Not Object.keys: a list of a million names is memory too.
    for (const key in object) {
      found ??= this.#add(Buffer.byteLength(key) + 4) ?? this.walk(object[key], depth + 1)
      if (found !== undefined) return found
    }
    return found ?? this.#add(1)
  }

  #add(bytes: number): Issue | undefined {
    this.#bytes += bytes
    return this.#bytes > this.#bytesMax
      ? issue('max_bytes', `at most ${this.#bytesMax} bytes of JSON in all`)
      : undefined
  }
}

function scalarBytes(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value) + 2 : String(value).length
}

const issue = (rule: string, expected: string): Issue => ({ path: '', rule, expected })
