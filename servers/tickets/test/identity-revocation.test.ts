import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditRecords, type Guarded, startGuarded } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, call, claimsOf, describeTicket, outcomeOf, resultOf } from './identity.ts'

const scopes = 'tickets:read tickets:write'
const changes = { 'limits.principal': '100000/min' }

describe('the list of revoked tokens', () => {
  let place: Guarded
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes,
      users: { ada, bob: ada },
      changes(_authorization, directory) {
        const revoked = join(directory, 'revoked')
        writeFileSync(revoked, '# nobody yet\n')
        return { ...changes, 'identity.revoked': revoked }
      },
    })
  })
  afterAll(() => place?.stop())

  const outcome = async (token: string) => outcomeOf(await call(place.http, 'whoami', {}, { token }))
  const revoke = (line: string) => appendFileSync(join(place.place, 'revoked'), `${line}\n`)
  /** The server looks at the file when it is asked, at most once a second. */
  const untilRefused = async (token: string) => {
    while ((await outcome(token)) === 'ok') await new Promise((resolve) => setTimeout(resolve, 50))
    return outcome(token)
  }

  it('ends a token while the server runs, also one that was verified before, and no other', async () => {
    const stolen = await place.authorization.token('ada')
    const other = await place.authorization.token('ada')
    expect([await outcome(stolen), await outcome(other)]).toEqual(['ok', 'ok'])
    revoke(String(claimsOf(stolen)['jti']))
    expect(await untilRefused(stolen)).toBe('HTTP 401')
    expect(await outcome(other)).toBe('ok')
    expect(auditRecords(place.http.data).filter(({ phase }) => phase === 'auth_failure')).toContainEqual(
      expect.objectContaining({ detail: expect.objectContaining({ kind: 'revoked' }) }),
    )
  })

  it('ends all tokens of a person, and those that are issued later', async () => {
    const token = await place.authorization.token('ada')
    const bob = await place.authorization.token('bob')
    expect(await outcome(token)).toBe('ok')
    revoke('sub:ada')
    expect(await untilRefused(token)).toBe('HTTP 401')
    expect(await outcome(await place.authorization.token('ada'))).toBe('HTTP 401')
    expect(await outcome(bob)).toBe('ok')
  })

  it('stays in force while the file is away', async () => {
    const bob = await place.authorization.token('bob')
    const file = join(place.place, 'revoked')
    renameSync(file, `${file}.away`)
    const told = place.http.stderr.find((line) => line.includes('revocations_not_read'))
    const asking = setInterval(() => void outcome(bob), 50)
    await place.http.within(10_000, 'the log line about the missing file', told)
    clearInterval(asking)
    expect(await outcome(await place.authorization.token('ada'))).toBe('HTTP 401')
    expect(await outcome(bob)).toBe('ok')
  })
})

describe('tokens that only their issuer can read', () => {
  let place: Guarded
  let secret: string
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes,
      opaque: true,
      users: { ada, bob: ada },
      changes({ issuer, introspection, introspectionClient }, directory) {
        secret = join(directory, 'client-secret')
        // A rotation is under way: the old value is not accepted any more, the new one is there already.
        writeFileSync(secret, 'of yesterday')
        writeFileSync(`${secret}-next`, introspectionClient.secret)
        const reference = { current: `file:${secret}`, next: `file:${secret}-next` }
        const asking = { url: introspection, client_id: introspectionClient.id, client_secret: reference }
        return { ...changes, 'identity.issuers': [{ issuer, introspection: asking }] }
      },
    })
  })
  afterAll(() => place?.stop())

  const whoami = (token: string) => call(place.http, 'whoami', {}, { token })

  it('are accepted once their issuer has said what they mean', async () => {
    const token = await place.authorization.token('ada')
    expect(token).not.toContain('.')
    const answer = await whoami(token)
    expect(resultOf(answer).structuredContent?.['identity']).toMatchObject({
      subject: 'ada',
      kind: 'user',
      issuer: place.authorization.issuer,
      tenant: 'acme',
      roles: ['support-agent'],
    })
    // Its id is a hash of it: the token itself is nowhere.
    expect(JSON.stringify(auditRecords(place.http.data))).not.toContain(token)
    expect(place.http.stderr.text).not.toContain(token)
  })

  it('are refused when nobody knows them, and step up like any other', async () => {
    expect(outcomeOf(await whoami('made-up'))).toBe('HTTP 401')
    const weak = await place.authorization.token('ada', { scope: 'tickets:read' })
    const create = { ...describeTicket('Badge reader at gate 4 is dead'), idempotency_key: 'opaque-0123456789abc' }
    expect(outcomeOf(await call(place.http, 'create_ticket', create, { token: weak }))).toBe('HTTP 403')
  })

  it('cannot be judged while the issuer is down: 503, except for those it has answered about a moment ago', async () => {
    const known = await place.authorization.token('ada')
    const fresh = await place.authorization.token('bob')
    expect(outcomeOf(await whoami(known))).toBe('ok')
    place.authorization.goDown()
    expect(outcomeOf(await whoami(known))).toBe('ok')
    expect(outcomeOf(await whoami(fresh))).toBe('HTTP 503')
    place.authorization.comeBack()
    expect(outcomeOf(await whoami(fresh))).toBe('ok')
  })

  it('are asked about with the last good secret when a new one turns out to be of another environment', async () => {
    for (const file of [secret, `${secret}-next`]) {
      writeFileSync(`${file}.meta.json`, JSON.stringify({ environment: 'production' }))
      writeFileSync(file, 'of production')
    }
    const counted = 'postern_security_events_total{kind="credential_of_other_environment"}'
    while (!(await place.metrics()).includes(counted)) {
      // Files are looked at when they are needed, once a second. The value of production would be a refusal.
      expect(outcomeOf(await whoami(await place.authorization.token('ada')))).toBe('ok')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const event = place.http.stderr.all.find((line) => line.includes('credential_of_other_environment'))
    expect(JSON.parse(event ?? '')).toMatchObject({ level: 50, msg: 'security event' })
    expect(event).not.toContain('of production')
  })
})
