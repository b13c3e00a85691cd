import { describe, expect, it } from 'vitest'
import { fold, searchTerms } from './fold.ts'

describe('fold', () => {
  it.each([
    ['upper case', 'ÄRGER Straße', 'ärger straße'],
    ['full-width letters', 'ＶＰＮ１２', 'vpn12'],
    ['half-width kana', 'ｴﾗｰ', 'エラー'],
    ['decomposed accents', 'e\u0301te\u0301', 'été'],
    ['invisible characters', 'back\u200b\u00adup\u202e', 'backup'],
  ])('unifies %s', (_, text, expected) => {
    expect(fold(text)).toBe(expected)
  })
})

describe('searchTerms', () => {
  it.each([
    ['spaces', '  disk \t full ', ['disk', 'full']],
    ['punctuation around, not inside', '"ops-12", (v2.3.1)?', ['ops-12', 'v2.3.1']],
    ['punctuation alone, which is then meant', '%', ['%']],
    ['a term twice', 'a A ａ', ['a']],
    ['more terms than are looked for', 'a b c d e f g h i j k l m n', [...'abcdefghijkl']],
    ['nothing', '   ', []],
  ])('reads %s', (_, text, expected) => {
    expect(searchTerms(text)).toEqual(expected)
  })
})
