import { describe, expect, it } from 'vitest'
import { aCall } from '../test/call.ts'
import { outputLimit } from './output-limit.ts'

const answer = (limits: { outputBytesMax?: number }, text: string) =>
  outputLimit(100)(aCall({ target: { limits } }), async () => ({ text, isError: false }))

describe('outputLimit', () => {
  it('passes what fits on unchanged', async () => {
    expect(await answer({}, 'x'.repeat(100))).toEqual({ text: 'x'.repeat(100), isError: false })
  })

  it('refuses what does not, by its bytes', async () => {
    await expect(answer({}, 'ü'.repeat(51))).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      reason: 'result_too_large',
      message: 'The answer of search_tickets would be 102 bytes; at most 100 (about 25 tokens) are sent.',
    })
  })

  it('takes the size of the target where it has one', async () => {
    await expect(answer({ outputBytesMax: 10 }, 'x'.repeat(11))).rejects.toThrow('at most 10')
    expect((await answer({ outputBytesMax: 200 }, 'x'.repeat(150))).text).toHaveLength(150)
  })
})
