import { join } from 'node:path'
import {
  type AuthorizationServer,
  auditRecords,
  authorizationServer,
  connect,
  elsewhere,
  environmentWith,
  filesHolding,
  type Guarded,
  repository,
  runBundle,
  type ServerProcess,
  startGuarded,
  startHttp,
  startStdio,
} from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, ask, call, outcomeOf } from './identity.ts'

const environments = join(repository, 'servers/tickets/environments')

describe('tokens of other environments', () => {
  let place: Guarded
  let production: AuthorizationServer
  const processes: ServerProcess[] = []
  /** Every token of these tests, none of which may be found anywhere in the end. */
  const tokens: string[] = []
  const kept = (token: string) => {
    tokens.push(token)
    return token
  }

  beforeAll(async () => {
    production = await authorizationServer({
      resources: { 'https://tickets.example.com/mcp': 'tickets:read tickets:write' },
      users: { ada },
    })
    place = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write',
      users: { ada },
      changes: { 'identity.other_environments': [{ name: 'production', issuer: production.issuer }] },
    })
    processes.push(place.http)
  })
  afterAll(async () => {
    for (const process of processes) await process.kill()
    await production?.stop()
    await place?.stop()
  })

  const developmentToken = async (data: string, ...args: string[]) => {
    const { code, stdout, stderr } = await runBundle({ server: 'tickets', args: ['token', ...args], data })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return kept(stdout.trim())
  }
  const securityEvents = (process: ServerProcess) =>
    process.stderr.all
      .map((line) => JSON.parse(line) as { msg: string; level: number; detail: string })
      .filter((line) => line.msg === 'security event')
  const failures = (data: string) => auditRecords(data).filter((record) => record.phase === 'auth_failure')

  it('are refused, called a security event with their environment, counted and recorded', async () => {
    const answer = await call(place.http, 'whoami', {}, { token: kept(await production.token('ada')) })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    // The caller learns no more than with any other bad token.
    expect(JSON.stringify(answer)).not.toContain('production')
    const [event] = securityEvents(place.http)
    expect(event).toMatchObject({ level: 50 })
    expect(event?.detail).toContain('a token of production')
    expect(await place.metrics()).toContain(
      'postern_security_events_total{kind="other_environment",environment="production"} 1',
    )
    expect(failures(place.http.data).at(-1)).toMatchObject({
      detail: { kind: 'other_environment', environment: 'production' },
    })
  })

  it('are noticed on stdio too', async () => {
    const server = startStdio({
      server: 'tickets',
      data: join(place.place, 'stdio'),
      env: { POSTERN_ENVIRONMENT: place.file, POSTERN_TOKEN: kept(await production.token('ada')) },
    })
    processes.push(server)
    const client = await connect(server)
    const { error } = await client.callTool('whoami')
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', details: { reason: 'token_invalid' } })
    await server.stop()
    expect(securityEvents(server)[0]?.detail).toContain('a token of production')
    const recorded = failures(join(place.place, 'stdio'))
    expect(recorded).toContainEqual(
      expect.objectContaining({
        detail: expect.objectContaining({ kind: 'other_environment', environment: 'production' }),
      }),
    )
    expect(recorded).toContainEqual(expect.objectContaining({ target: expect.objectContaining({ name: 'whoami' }) }))
  })

  it('of development are accepted there, over HTTP and on stdio', async () => {
    const data = join(place.place, 'development')
    const token = await developmentToken(data, '--as', 'developer')
    const http = await startHttp({ server: 'tickets', environment: join(environments, 'development.yaml'), data })
    processes.push(http)
    const over = await connect({ url: http.url, token })
    expect((await over.callTool('whoami')).structuredContent?.['identity']).toMatchObject({
      subject: 'developer',
      roles: ['developer'],
      environment: 'development',
    })
    // Without a token this is a development server on loopback; with a bad one it is not.
    expect(outcomeOf(await call(http, 'whoami', {}))).toBe('ok')
    expect(outcomeOf(await call(http, 'whoami', {}, { token: `${token.slice(0, -4)}AAAA` }))).toBe('HTTP 401')

    const server = startStdio({ server: 'tickets', data, env: { POSTERN_TOKEN: token } })
    processes.push(server)
    const client = await connect(server)
    expect((await client.callTool('whoami')).structuredContent?.['identity']).toMatchObject({ subject: 'developer' })
    await server.stop()
  })

  it('of development are refused everywhere else, by name', async () => {
    const token = await developmentToken(
      join(place.place, 'development'),
      '--role',
      'support-agent',
      '--tenant',
      'acme',
    )
    expect(outcomeOf(await call(place.http, 'whoami', {}, { token }))).toBe('HTTP 401')
    expect(await place.metrics()).toContain('{kind="other_environment",environment="development"} 1')

    const file = environmentWith(
      join(environments, 'production.yaml'),
      { store: { kind: 'sqlite' } },
      join(place.place, 'production.yaml'),
    )
    const server = startStdio({
      server: 'tickets',
      // The very data directory that holds the key of the development issuer.
      data: join(place.place, 'development'),
      env: { POSTERN_ENVIRONMENT: file, POSTERN_TOKEN: token },
    })
    processes.push(server)
    const client = await connect(server)
    expect((await client.callTool('whoami')).error).toMatchObject({ details: { reason: 'token_invalid' } })
    await server.stop()
    expect(securityEvents(server)[0]?.detail).toContain('a token of development')
  })

  it('are not signed for anything but development', async () => {
    const refused = await runBundle({
      server: 'tickets',
      args: ['token', '--role', 'support-agent', '--tenant', 'acme'],
      env: { POSTERN_ENVIRONMENT: place.file },
    })
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('tokens are signed for development only')
  })

  it('and tokens of our own issuer for another server are refused, without a security event', async () => {
    const before = securityEvents(place.http).length
    const token = kept(await place.authorization.token('ada', { resource: elsewhere }))
    expect(outcomeOf(await call(place.http, 'whoami', {}, { token }))).toBe('HTTP 401')
    expect(securityEvents(place.http)).toHaveLength(before)
  })

  it('and tokens of our own are taken from one Authorization header and nowhere else', async () => {
    const token = kept(await place.authorization.token('ada'))
    const authorization = `Bearer ${token}`
    const whoami = (headers: Record<string, string | readonly string[]>, path = '/mcp') =>
      call(place.http, 'whoami', {}, { headers, path })
    expect(outcomeOf(await whoami({ authorization }))).toBe('ok')
    expect(outcomeOf(await whoami({ authorization: `bearer ${token}` }))).toBe('ok')
    for (const path of [`/mcp?access_token=${token}`, `/mcp?token=${token}`]) {
      expect(outcomeOf(await whoami({}, path))).toBe('HTTP 401')
      // Nor beside a good header: nobody gets used to it.
      expect(outcomeOf(await whoami({ authorization }, path))).toBe('HTTP 401')
    }
    expect(outcomeOf(await whoami({ authorization: [authorization, authorization] }))).toBe('HTTP 401')
    expect(outcomeOf(await whoami({ authorization: `${authorization} ${token}` }))).toBe('HTTP 401')
    const none = await ask(place.http, 'tools/list', {})
    expect(none.status).toBe(401)
    // RFC 6750 section 3.1: who sent no credential is not told about an error.
    expect(none.headers['www-authenticate']).toMatch(/^Bearer scope="[^"]+", resource_metadata="[^"]+"$/)
  })

  it('are found in no log, no argument, no record and no store', async () => {
    expect(tokens.length).toBeGreaterThan(4)
    for (const token of tokens) {
      const [, claims = '', signature = ''] = token.split('.')
      for (const secret of [claims, signature]) {
        for (const process of processes) {
          expect(process.stderr.text.includes(secret)).toBe(false)
          expect(process.child.spawnargs.join(' ').includes(secret)).toBe(false)
        }
        for (const directory of [place.place, place.http.data]) expect(filesHolding(directory, secret)).toEqual([])
      }
    }
  })
})
