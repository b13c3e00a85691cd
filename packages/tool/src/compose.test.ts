import { describe, expect, it } from 'vitest'
import type { Call, Handler, Middleware, Reply } from './call.ts'
import { compose } from './compose.ts'

const reply: Reply = { text: '{}', isError: false }
const last: Handler = async () => reply

describe('compose', () => {
  it('runs the layers from the outside in and back', async () => {
    const seen: string[] = []
    const layer = (name: string): Middleware =>
      async function named(call, next) {
        seen.push(`${name} in`)
        const result = await next(call)
        seen.push(`${name} out`)
        return result
      }
    expect(await compose([layer('a'), layer('b')], last)({} as Call)).toBe(reply)
    expect(seen).toEqual(['a in', 'b in', 'b out', 'a out'])
  })

  it('refuses a second next() by the name of the layer', async () => {
    const twice: Middleware = async function eager(call, next) {
      await next(call)
      return next(call)
    }
    await expect(compose([twice], last)({} as Call)).rejects.toThrow('eager called next() twice')
  })

  it('lets the same layer serve many calls at once', async () => {
    const layer: Middleware = (call, next) => next(call)
    const run = compose([layer, layer], last)
    expect(await Promise.all([run({} as Call), run({} as Call), run({} as Call)])).toEqual([reply, reply, reply])
  })
})
