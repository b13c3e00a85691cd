import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWith, repository, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { development, postern } from '../../test/tickets.ts'

describe('postern secrets status', () => {
  let directory: TemporaryDirectory
  let url: string

  beforeEach(() => {
    directory = temporaryDirectory()
    url = join(directory.path, 'database-url')
    const production = join(repository, 'servers/tickets/environments/production.yaml')
    // Nobody listens there: what the secrets are like can be told all the same.
    const store = {
      kind: 'postgres',
      url: { current: `file:${url}`, next: `file:${url}-next` },
      pool: { connect_timeout_ms: 100 },
    }
    const file = environmentWith(production, { store }, join(directory.path, 'production.yaml'))
    vi.stubEnv('POSTERN_DATA', join(directory.path, 'data'))
    vi.stubEnv('POSTERN_ENVIRONMENT', file)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    directory.remove()
  })

  const status = (...more: string[]) => postern('secrets', 'status', 'tickets', ...more)

  it('shows both values of a rotation by id and age, and neither of them', async () => {
    writeFileSync(url, 'postgres://app:hunter2@127.0.0.1:1/tickets', { mode: 0o600 })
    const meta = { id: 'database-url/7', created_at: new Date(Date.now() - 3 * 86_400_000).toISOString() }
    writeFileSync(`${url}.meta.json`, JSON.stringify(meta))
    const before = await status()
    expect(before).toMatchObject({ code: 0, err: '' })
    expect(before.out).toMatch(/^store\.url +current, in use +database-url\/7 +3 d +- *$/m)
    expect(before.out).toMatch(/^store\.url +next +- +- +- +no rotation under way$/m)

    writeFileSync(`${url}-next`, 'postgres://app:hunter3@127.0.0.1:1/tickets', { mode: 0o600 })
    const during = await status()
    expect(during.out).toMatch(/^store\.url +next +database-url-next@\S+ +\d+ s +- *$/m)
    const asJson = await status('--json')
    expect(JSON.parse(asJson.out)).toHaveLength(2)
    for (const { out } of [before, during, asJson]) expect(out).not.toContain('hunter')
  })

  it('ends with 1 when a value in force is not there', async () => {
    const { code, out } = await status()
    expect(code).toBe(1)
    expect(out).toContain('does not exist')
  })

  it('says so when there are none', async () => {
    vi.stubEnv('POSTERN_ENVIRONMENT', development)
    expect(await status()).toMatchObject({ code: 0, out: 'tickets needs no credential in this environment.\n' })
  })

  it.each([
    [['tickets', 'statsu'], 'Did you mean "status"?'],
    [['status', 'tikets'], 'Did you mean "tickets"?'],
    [['status'], 'Name a server'],
  ])('answers %j with exit 2 and says what to do', async (args, hint) => {
    const { code, out, err } = await postern('secrets', ...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(hint)
  })
})
