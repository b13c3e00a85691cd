import { describe, expect, it } from 'vitest'
import { capturedTerminal } from './captured-terminal.ts'
import { card, table } from './table.ts'

describe('table', () => {
  it('aligns columns under their heads', () => {
    const terminal = capturedTerminal()
    table(
      terminal,
      ['id', 'state'],
      [
        ['a', 'open'],
        ['long-id', 'unknown'],
      ],
    )
    expect(terminal.out).toBe('id       state\na        open\nlong-id  unknown\n')
  })

  it('stays within the terminal without losing a character', () => {
    const terminal = capturedTerminal()
    const words = Array.from({ length: 60 }, (_, n) => `OPS-${n}`).join(' ')
    const id = 'x'.repeat(150)
    table(terminal, ['time', 'targets', 'request'], [['2026-11-20 11:52:49Z', words, id]])
    for (const line of terminal.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    for (let n = 0; n < 60; n++) expect(terminal.out).toMatch(new RegExp(`OPS-${n}\\b`))
    expect([...terminal.out].filter((letter) => letter === 'x')).toHaveLength(150)
  })

  it('breaks a word only where nothing else gives room, and a time never', () => {
    const terminal = capturedTerminal()
    const id = 'apr_74m62TpFYQEHHZMjuZQkDw'
    table(terminal, ['time', 'targets', 'id'], [['2026-11-20 11:52:49Z', 'OPS-1 '.repeat(40).trim(), id]], ['time'])
    const [, first = ''] = terminal.out.split('\n')
    expect(first).toMatch(/^2026-11-20 11:52:49Z {2}OPS-1 .* {2}apr_74m62TpFYQEHHZMjuZQkDw$/)
    const beside = capturedTerminal()
    table(beside, ['targets', 'word'], [['OPS-1 '.repeat(40).trim(), 'w'.repeat(60)]])
    expect(beside.out.split('\n')[1]).toMatch(/^OPS-1 .* {2}w{60}$/)
    const tight = capturedTerminal()
    table(tight, ['time', 'a', 'b'], [['2026-11-20 11:52:49Z', 'a'.repeat(90), 'b'.repeat(90)]], ['time'])
    expect(tight.out.split('\n')[1]).toMatch(/^2026-11-20 11:52:49Z {2}a{38} {2}b{38}$/)
  })

  it('takes more rows than a call takes arguments', () => {
    const terminal = capturedTerminal()
    table(
      terminal,
      ['id'],
      Array.from({ length: 130_000 }, (_, n) => [`OPS-${n}`]),
    )
    expect(terminal.out.trimEnd().split('\n')).toHaveLength(130_001)
  })

  it('shows what could fool a terminal as escapes', () => {
    const terminal = capturedTerminal()
    table(terminal, ['name'], [['\u001b[2Jeve\nmallory']])
    expect(terminal.out).toBe('name\n\\u001b[2Jeve\\u000amallory\n')
  })
})

describe('card', () => {
  it('leaves out what is not there and goes on below', () => {
    const terminal = capturedTerminal()
    card(terminal, [
      ['tool', 'create_ticket'],
      ['used', undefined],
      ['would do', 'word '.repeat(40).trim()],
    ])
    const [first = '', second = '', third = ''] = terminal.out.split('\n')
    expect(first).toBe('  tool      create_ticket')
    expect(second).toMatch(/^ {2}would do {2}word/)
    expect(third).toMatch(/^ {12}word/)
    expect(terminal.out).not.toContain('used')
  })
})
