import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWith, type Guarded, type Postgres, runBundle, startGuarded, startPostgres } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, call, describeTicket, outcomeOf } from './identity.ts'

const workers = 2
/** More than the load needs, so that each burst opens new connections. */
const burst = 12

interface Status {
  readonly name: string
  readonly which: string
  readonly id: string
  readonly lastUsedAt: string | null
  readonly problem: string | null
}

describe('the password of the database', () => {
  let postgres: Postgres
  let place: Guarded
  let token: string
  let secret: string

  beforeAll(async () => {
    postgres = await startPostgres()
    await postgres.createDatabase('tickets')
    await postgres.command(`create role app login superuser password 'password-0'`)
    place = await startGuarded({
      server: 'tickets',
      environment: 'production',
      scopes: 'tickets:read tickets:write',
      users: { ada },
      changes(_authorization, directory) {
        secret = join(directory, 'database-url')
        writeFileSync(secret, url('password-0'))
        return {
          store: {
            kind: 'postgres',
            url: { current: `file:${secret}`, next: `file:${secret}-next`, environment: 'production' },
            tls: 'off',
            pool: { max: 8, idle_timeout_ms: 50 },
          },
          approvals: undefined,
          'limits.principal': '100000/min',
          'roles.support-agent.limits': undefined,
        }
      },
    })
    token = await place.authorization.token('ada')
  })
  afterAll(async () => {
    await place?.stop()
    await postgres?.stop()
  })

  const url = (password: string) => `postgres://app:${password}@127.0.0.1:${postgres.port}/tickets\n`
  const search = () => call(place.http, 'search_tickets', { project_key: 'OPS', limit: 1 }, { token })
  let created = 0
  const create = () => {
    created += 1
    const input = { ...describeTicket(`Written while passwords change, ${created}`) }
    return call(place.http, 'create_ticket', { ...input, idempotency_key: `rotation-${created}-0123456789` }, { token })
  }

  it('is rotated twice while calls go on, and none of them fails', async () => {
    const outcomes: Record<string, number> = {}
    const count = async (answer: ReturnType<typeof search>) => {
      const outcome = outcomeOf(await answer)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    let stopped = false
    const work = async () => {
      while (!stopped) {
        await count(search())
        await count(create())
      }
    }
    const load = Array.from({ length: workers }, work)
    const crowd = () => Promise.all(Array.from({ length: burst }, (_, i) => count(i % 3 === 0 ? create() : search())))
    for (const rotation of [1, 2]) {
      await crowd()
      // The order an operator keeps: the new secret is mounted, then made valid, then the old one taken away.
      writeFileSync(`${secret}-next`, url(`password-${rotation}`))
      await postgres.command(`alter role app password 'password-${rotation}'`)
      await crowd()
      writeFileSync(secret, url(`password-${rotation}`))
      rmSync(`${secret}-next`)
      await crowd()
    }
    stopped = true
    await Promise.all(load)
    const { ok = 0, ...failed } = outcomes
    expect(failed).toEqual({})
    expect(ok).toBeGreaterThan(6 * burst)
  })

  it('is told about afterwards, by id and last use, never by value', async () => {
    // Files are looked at once a second; after that, new connections are made with what stands there now.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await Promise.all(Array.from({ length: burst }, search))
    await place.http.stop()
    const { code, stdout, stderr } = await runBundle({
      server: 'tickets',
      args: ['secrets'],
      env: { POSTERN_ENVIRONMENT: place.file },
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toContain('password-')
    const rows = JSON.parse(stdout) as Status[]
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'store.url',
        which: 'current',
        environment: 'production',
        inUse: true,
        problem: null,
      }),
      expect.objectContaining({ name: 'store.url', which: 'next', id: null, problem: 'does not exist' }),
    ])
    expect(rows[0]?.lastUsedAt).not.toBeNull()
    expect(place.http.stderr.text).not.toContain('password-')
  })

  it('stops a start when neither the one nor the other is accepted, in the words of the database', async () => {
    const wrong = join(place.place, 'wrong')
    writeFileSync(wrong, url('password-0'))
    const file = environmentWith(place.file, { 'store.url.current': `file:${wrong}` }, join(place.place, 'wrong.yaml'))
    const { code, stdout, stderr } = await runBundle({
      server: 'tickets',
      env: { POSTERN_ENVIRONMENT: file, POSTERN_TOKEN: token },
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('refused user or password. Check the secret behind store.url.')
    expect(stderr).not.toContain('password-0')
  })
})
