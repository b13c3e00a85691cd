import { describe, expect, it } from 'vitest'
import { fold, searchTerms, words } from './words.ts'

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

describe('words', () => {
  it.each([
    ['letters and digits', 'Disk of db-03 is 93% full', ['disk', 'of', 'db', '03', 'is', '93', 'full']],
    ['accents and Arabic', 'Problème à Porto: تعذر الدخول', ['problème', 'à', 'porto', 'تعذر', 'الدخول']],
    ['Hindi with its vowel signs', 'हिन्दी में', ['हिन्दी', 'में']],
    ['Japanese as pairs', '注文番号', ['注文', '文番', '番号']],
    ['a single character', '木', ['木']],
    ['scripts side by side', 'VPN接続エラー503', ['vpn', '接続', '続エ', 'エラ', 'ラー', '503']],
    ['nothing', '!? …', []],
  ])('finds %s', (_, text, expected) => {
    expect(words(text)).toEqual(expected)
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
