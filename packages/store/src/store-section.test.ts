import { expect, it } from 'vitest'
import { storeSection } from './store-section.ts'

it('is an embedded store when nothing is said', () => {
  expect(storeSection.parse(undefined)).toEqual({ kind: 'sqlite' })
})

it('verifies TLS and limits everything when only the url is said', () => {
  expect(storeSection.parse({ kind: 'postgres', url: 'file:/run/secrets/database-url' })).toEqual({
    kind: 'postgres',
    url: 'file:/run/secrets/database-url',
    tls: 'verify',
    pool: {
      max: 10,
      connect_timeout_ms: 5_000,
      idle_timeout_ms: 30_000,
      statement_timeout_ms: 10_000,
      lock_timeout_ms: 5_000,
      idle_transaction_timeout_ms: 60_000,
      result_bytes_max: 16_777_216,
    },
  })
})

it.each([
  [{ kind: 'postgres' }],
  [{ kind: 'mysql' }],
  [{ kind: 'sqlite', url: 'file:/x' }],
  [{ kind: 'postgres', url: 'file:/x', pool: { max: 1 } }],
  [{ kind: 'postgres', url: 'file:/x', pool: { statement_timeout: 5 } }],
  [{ kind: 'postgres', url: 'file:/x', pool: { result_bytes_max: 2 ** 30 } }],
  [{ kind: 'postgres', url: 'file:/x', tls: 'no' }],
  [{ kind: 'postgres', url: { next: 'file:/x' } }],
])('refuses %o', (section) => {
  expect(storeSection.safeParse(section).success).toBe(false)
})

it('refuses a url in the file and does not repeat its password', () => {
  const { error } = storeSection.safeParse({ kind: 'postgres', url: 'postgres://u:hunter2@h/d' })
  expect(JSON.stringify(error?.issues)).toContain('a secret never stands')
  expect(JSON.stringify(error?.issues)).not.toContain('hunter2')
})
