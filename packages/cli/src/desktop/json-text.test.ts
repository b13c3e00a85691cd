import { describe, expect, it } from 'vitest'
import { JsonFault, type JsonNode, parseJsonText } from './json-text.ts'

const valid = [
  '{}',
  '[]',
  ' { "a" : [ 1 , -0.5e+3 , true , null , "x" ] }\n',
  '"\\u00e9\\n\\"\\\\"',
  '{"a":{"b":{"c":[[],[{}]]}}}',
  '12345678901234567890',
  '{"":0}',
  '\t"é✓𝄞"\r\n',
]

const invalid = [
  '',
  ' ',
  '{',
  '{"a"}',
  '{"a":1,}',
  '[1,]',
  '{a:1}',
  "{'a':1}",
  '{"a":1} x',
  '01',
  '1.',
  '.5',
  '+1',
  'NaN',
  'undefined',
  'truex',
  '"\n"',
  '"\\x"',
  '"\\u12"',
  '"open',
  '// comment\n{}',
  '{"a":1 "b":2}',
  '[1 2]',
  '\u00a0{}',
  '{}\u0000',
]

describe('parseJsonText', () => {
  it.each(valid)('takes %j as JSON.parse does, and knows where it stands', (text) => {
    const node = parseJsonText(text)
    expect(JSON.parse(text.slice(node.start, node.end))).toEqual(JSON.parse(text))
    expectSpans(text, node)
  })

  it.each(invalid)('refuses %j as JSON.parse does', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow()
    expect(() => parseJsonText(text)).toThrow(JsonFault)
  })

  it.each([
    ['{\n  "a": 1,\n  "b" 2\n}', 3, 7, 'a colon'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'a comma or a closing brace'],
    ['{"a": [1, 2,]}', 1, 13, 'a value'],
    ['{\n"a": 1,\n}', 3, 1, 'a string in double quotes'],
    ['{"a": 1', 1, 8, 'the text ends here'],
    ['{}\n\n}', 3, 1, 'nothing more'],
  ])('says where %j stops being JSON', (text, line, column, problem) => {
    expect(() => parseJsonText(text)).toThrow(`line ${line}, column ${column}: `)
    expect(() => parseJsonText(text)).toThrow(problem)
  })

  it('refuses a key that stands twice: one of the two would be lost', () => {
    expect(() => parseJsonText('{\n "a": 1,\n "a": 2\n}')).toThrow(
      'line 3, column 2: the key "a" stands here a second time',
    )
  })

  it('refuses nesting that would exhaust the stack', () => {
    expect(() => parseJsonText('['.repeat(100_000))).toThrow(JsonFault)
  })
})

function expectSpans(text: string, node: JsonNode): void {
  for (const { key, start, value } of node.members ?? []) {
    expect(text.slice(start).startsWith(JSON.stringify(key))).toBe(true)
    expect(JSON.parse(text.slice(value.start, value.end))).toEqual(
      (JSON.parse(text.slice(node.start, node.end)) as never)[key],
    )
    expectSpans(text, value)
  }
}
