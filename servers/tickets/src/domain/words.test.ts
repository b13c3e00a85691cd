import { describe, expect, it } from 'vitest'
import { words } from './words.ts'

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
