import { type Postgres, startPostgres } from '@postern/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { contractSuite } from './contract.test-kit.ts'
import { storeSection } from './store-section.ts'

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
  // Not the order of code points: the contract has to bring that with it.
  await postgres.command(`create database contract template template0 locale_provider icu icu_locale 'en'`)
})
afterAll(() => postgres.stop())

let made = 0
const config = storeSection.parse({ kind: 'postgres', url: 'env:DATABASE_URL', tls: 'off' })
/** A schema of its own for each: cheaper than a database. */
const fresh = async () => {
  made += 1
  return {
    config,
    url: postgres.url.replace(/postgres$/, 'contract'),
    dataDirectory: '/nowhere',
    server: `kit-${made}`,
  }
}

describe('the contract on PostgreSQL', () => contractSuite(fresh))
