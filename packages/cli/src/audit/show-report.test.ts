import { expect, it } from 'vitest'
import { capturedTerminal } from '../captured-terminal.ts'
import { showVerified } from './show-report.ts'

it('says how writes without an end come to one, and with which command to see them', () => {
  const terminal = capturedTerminal()
  const trail = {
    sink: 'file',
    place: '/data/audit',
    exit_code: 0,
    records: 9,
    chains: [{ chain: 'tickets-0', from: 1, to: 9, checkpoint: 9 }],
    findings: [],
    open: [{ request: 'r-1', time: '2026-11-20T11:52:49.000Z', target: 'create_ticket' }],
    holds: [],
    checkpoints: 1,
    unreadable_checkpoints: 0,
    undetectable: [],
  }
  showVerified(terminal, { server: 'tickets', environment: 'development', trails: [trail] })
  expect(terminal.out.replaceAll('\n', ' ')).toContain(
    '1 write without a recorded end: running, or left by a process that was killed; those are closed within about a minute when their claims have ended.',
  )
  expect(terminal.out).toContain('\nSee: npm run postern -- writes tickets list\n')
})
