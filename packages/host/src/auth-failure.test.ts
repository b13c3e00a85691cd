import { AuthError } from '@postern/auth'
import { expect, it } from 'vitest'
import { authFailureRecorder } from './auth-failure.ts'

it('records sixty refusals a minute in full, counts the rest, and leaves out none of another environment', async () => {
  let now = 0
  const events: unknown[] = []
  const trail = { event: async (_phase: string, fields: { detail: unknown }) => void events.push(fields.detail) }
  const record = authFailureRecorder({ trail } as never, () => now)
  const invalid = new AuthError('invalid', 'bad')
  for (let i = 0; i < 1000; i++) await record(invalid, '127.0.0.1')
  expect(events).toHaveLength(60)
  await record(new AuthError('other_environment', 'x', 'staging'))
  expect(events.at(-1)).toEqual({ kind: 'other_environment', environment: 'staging', and_before_it: 940 })
  for (let i = 0; i < 5; i++) await record(invalid)
  now += 60_000
  await record(invalid, '::1')
  expect(events.at(-1)).toEqual({ kind: 'invalid', from: '::1', and_before_it: 5 })
})
