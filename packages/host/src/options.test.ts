import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

const known = { since: 'a time', once: '' }
const read = (...args: string[]) => readOptions(args, known, 'Usage: …')

describe('readOptions', () => {
  it('reads words, values and switches', () => {
    expect(read('a', '--since', '1h', '--once', 'b')).toEqual({
      words: ['a', 'b'],
      options: { since: '1h', once: 'yes' },
    })
  })

  it.each([
    [['--since', '1h', '--since', '2h'], '--since is given more than once; it takes a time.'],
    [['--once', '--once'], '--once is given more than once.'],
    [['--sinse', '1h'], 'there is no option --sinse. Did you mean --since?'],
    [['--since'], '--since needs a time.'],
    [['--since', '--once'], '--since needs a time.'],
  ])('refuses %j', (args, words) => {
    expect(() => read(...args)).toThrow(expect.objectContaining({ lines: [words, 'Usage: …'] }))
  })
})
