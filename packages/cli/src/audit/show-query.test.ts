import { describe, expect, it } from 'vitest'
import { capturedTerminal } from '../captured-terminal.ts'
import type { QueryAnswer, Row } from './answers.ts'
import { chosenColumns, showCsv, showRows } from './show-query.ts'

const verified = {
  sink: 'file',
  place: '/data/audit',
  exit_code: 0,
  records: 9,
  chains: [
    { chain: 'tickets-0', from: 1, to: 7, checkpoint: 5 },
    { chain: 'tickets-1', from: 1, to: 2, checkpoint: null },
    { chain: 'tickets-2', from: 1, to: 0, checkpoint: null },
  ],
  findings: [],
  open: [],
  holds: [],
  checkpoints: 1,
  unreadable_checkpoints: 0,
  undetectable: [],
}
const answerOf = (...rows: Row[]): QueryAnswer => ({
  server: 'tickets',
  environment: 'development',
  columns: Object.keys(rows[0] ?? {}),
  rows,
  total: rows.length,
  verified,
})

function shown(row: Row): string {
  const terminal = capturedTerminal()
  showRows(terminal, answerOf(row), ['outcome'])
  return terminal.out.split('\n')[1] ?? ''
}

describe('showCsv', () => {
  it('writes nothing that a spreadsheet would run or a terminal obey', () => {
    const terminal = capturedTerminal()
    const hostile = ['=HYPERLINK("http://evil.example")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\u001b[2J', 'a, "b"\nc']
    showCsv(terminal, answerOf(...hostile.map((principal) => ({ principal, seq: 1 }))), ['principal', 'seq'])
    expect(terminal.out.split('\n')).toEqual([
      'principal,seq',
      `"'=HYPERLINK(""http://evil.example"")",1`,
      "'+1,1",
      "'-1+1,1",
      "'@SUM(A1),1",
      '\\u0009=1,1',
      '\\u001b[2J,1',
      '"a, ""b""\\u000ac",1',
      '',
    ])
    expect(terminal.err).toContain('7 records. Verified: tickets-0 1–7 (signed up to 5), tickets-1 1–2 (not signed)')
  })
})

describe('showRows', () => {
  it.each([
    [
      { error: 'PERMISSION_DENIED/rows', decision: 'denied', rule: 'roles.support' },
      'PERMISSION_DENIED rows; roles.support',
    ],
    [{ error: '', write: 'executed', decision: 'allowed', rule: 'roles.support', tool: 'create_ticket' }, 'executed'],
    [{ error: '', phase: 'approval', tool: 'create_ticket', detail: 'state=approved; through=desk' }, 'approved'],
    [{ error: '', phase: 'auth_failure', detail: 'kind=token_expired' }, 'kind=token_expired'],
    [{ error: '', phase: 'read', tool: 'get_ticket', suspicious: 'title' }, 'suspicious title'],
  ])('sums up %j', (row, outcome) => {
    expect(shown(row)).toBe(outcome)
  })

  it('names who acted for whom', () => {
    const terminal = capturedTerminal()
    showRows(terminal, answerOf({ principal: 'grace', actor: 'night-bot' }), ['principal'])
    expect(terminal.out).toContain('grace through night-bot')
  })

  it('says on what the answer rests, all of it', () => {
    const terminal = capturedTerminal()
    showRows(terminal, { ...answerOf(), total: 12 }, ['outcome'])
    expect(terminal.out.replaceAll('\n', ' ')).toBe(
      '0 of 12 records. Verified: tickets-0 1–7 (signed up to 5), tickets-1 1–2 (not signed), tickets-2 nothing. ',
    )
  })
})

describe('chosenColumns', () => {
  it('takes known columns and the summary', () => {
    expect(chosenColumns(' time, outcome', ['time'])).toEqual(['time', 'outcome'])
    expect(() => chosenColumns('time,who', ['time'])).toThrow('There are: time, outcome.')
  })
})
