import { describe, expect, it } from 'vitest'
import { csvField } from './csv-field.ts'

describe('csvField', () => {
  it.each([
    ['plain', 'plain'],
    ['with, a comma', '"with, a comma"'],
    ['a "word"', '"a ""word"""'],
    ['two\nlines', '"two\nlines"'],
    ['=HYPERLINK("http://evil.example")', `"'=HYPERLINK(""http://evil.example"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
  ])('writes %j as %j', (value, field) => {
    expect(csvField(value)).toBe(field)
  })
})
