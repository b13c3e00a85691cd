import { describe, expect, it } from 'vitest'
import { duplicateQuery, duplicates, similarity } from './duplicates.ts'
import { good, setting } from './proposal.test-kit.ts'

const named = (...candidates: { ticket_id: string; title: string; description: string }[]) =>
  duplicates(good, setting({ candidates })).map(({ message }) => message)
const candidate = (ticket_id: string, title: string, description = 'Nothing in common here.') => ({
  ticket_id,
  title,
  description,
})

describe('duplicates', () => {
  it.each([
    ['the same title', good.title],
    ['other case and order', 'third tape: ARCHIVE robot stops after it'],
    ['an invisible character inside', 'Arch\u200bive robot stops after the third tape'],
    ['one word more', 'Archive robot suddenly stops after the third tape'],
  ])('suspects %s', (_, title) => {
    expect(named(candidate('OPS-7', title))).toEqual([expect.stringContaining('Looks like OPS-7.')])
  })

  it.each([
    ['another matter', 'Label printer prints question marks'],
    ['the same generic words', 'It does not work, please help with the error'],
    ['one word in common', 'Archive password expired in Lyon'],
  ])('does not suspect %s', (_, title) => {
    expect(named(candidate('OPS-7', title))).toEqual([])
  })

  it('names the three most alike, most alike first, equal ones by id', () => {
    const [message] = named(
      candidate('OPS-4', 'Archive robot stops after the fourth tape'),
      candidate('OPS-3', good.title),
      candidate('OPS-2', good.title),
      candidate('OPS-1', good.title, good.description),
    )
    expect(message).toContain('Looks like OPS-1, OPS-2, OPS-3.')
  })

  it('shows ids only', () => {
    expect(named(candidate('OPS-7', good.title, 'secret'))[0]).not.toContain('robot')
  })
})

describe('similarity', () => {
  it('is 1 for the same text, 0 for nothing in common, and the same both ways', () => {
    const other = candidate('OPS-2', '領収書の宛名が空欄になる', '法人カードの領収書')
    expect(similarity(good, good)).toBe(1)
    expect(similarity(good, other)).toBe(0)
    const near = candidate('OPS-3', 'Archive robot stops', good.description)
    expect(similarity(good, near)).toBe(similarity(near, good))
  })

  it('works for scripts without spaces', () => {
    const one = candidate('OPS-1', '法人カードの領収書の宛名が空欄になる')
    const other = candidate('OPS-2', '領収書の宛名が法人カードで空欄になる')
    expect(similarity(one, other)).toBeGreaterThan(0.5)
  })
})

describe('duplicateQuery', () => {
  it('looks among unresolved tickets of the project for the longest telling words', () => {
    expect(duplicateQuery({ ...good, title: 'Please fix the archive robot: tape stuck' })).toEqual({
      project_key: 'OPS',
      status: ['open', 'in_progress', 'waiting'],
      words: { match: 'any', terms: ['archive', 'robot', 'stuck', 'tape'] },
    })
  })

  it('looks for nothing where nothing is said', () => {
    expect(duplicateQuery({ ...good, title: 'Please help me' })).toBeUndefined()
  })
})
