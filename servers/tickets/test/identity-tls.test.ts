import { writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { connect as dial, type TLSSocket } from 'node:tls'
import {
  auditRecords,
  type Certificate,
  certificate,
  environmentWith,
  freePort,
  type Guarded,
  type RawRequest,
  rawHttp,
  startGuarded,
  startHttp,
} from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, call, outcomeOf, toolsListed } from './identity.ts'

const authority = certificate({ O: 'acme', CN: 'the authority of acme' })
const server = certificate({ CN: 'tickets' }, authority)
const renewed = certificate({ CN: 'tickets, renewed' }, authority)
const agent = certificate({ O: 'acme', CN: 'agent' }, authority)
const clerk = certificate({ O: 'acme', CN: 'clerk' }, authority)
/** Its only name is spelt like two. */
const lookalike = certificate({ CN: 'agent,O=acme' }, authority)
/** Says the right name about itself. */
const stranger = certificate({ O: 'acme', CN: 'agent' })

describe('TLS', () => {
  let place: Guarded
  let token: string
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write',
      users: { ada },
      tls: { ca: authority.cert },
      changes(_authorization, directory) {
        const file = (name: string, text: string) => {
          writeFileSync(join(directory, name), text)
          return `file:${join(directory, name)}`
        }
        return {
          tls: {
            cert: file('server.crt', server.cert),
            key: file('server.key', server.key),
            client_ca: file('clients.crt', authority.cert),
          },
          'roles.support-agent.client_certificate': { subject: 'CN=agent,O=acme' },
          'limits.principal': '100000/min',
        }
      },
    })
    token = await place.authorization.token('ada')
  })
  afterAll(() => place?.stop())

  const as = ({ cert, key }: Certificate): NonNullable<RawRequest['tls']> => ({ ca: authority.cert, cert, key })
  const whoami = async (request: Pick<RawRequest, 'tls' | 'agent'> = {}, url = place.http.url) => {
    const http = { request: (own: RawRequest) => rawHttp(url, { tls: { ca: authority.cert }, ...own, ...request }) }
    return outcomeOf(await call(http, 'whoami', {}, { token }))
  }
  const connection = (options: object = {}): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = dial({ port: Number(place.http.url.port), host: '127.0.0.1', ca: authority.cert, ...options })
      socket.once('secureConnect', () => resolve(socket)).once('error', reject)
    })

  it('is spoken in version 1.3 and in no other, and nothing is said without it', async () => {
    const socket = await connection()
    expect(socket.getProtocol()).toBe('TLSv1.3')
    socket.destroy()
    await expect(connection({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/i)
    const plain = new URL(place.http.url)
    plain.protocol = 'http:'
    await expect(rawHttp(plain, { body: {} })).rejects.toThrow()
  })

  it('brings a certificate that a role may require, by its whole subject and from our authority only', async () => {
    expect(await whoami({ tls: as(agent) })).toBe('ok')
    for (const other of [clerk, lookalike, stranger])
      expect(await whoami({ tls: as(other) })).toBe('PERMISSION_DENIED/client_certificate')
    expect(await whoami()).toBe('PERMISSION_DENIED/client_certificate')
    expect(await toolsListed(place.http, { token })).toEqual([])
    expect(auditRecords(place.http.data).at(-1)).toMatchObject({
      error: { code: 'PERMISSION_DENIED', reason: 'client_certificate' },
      decision: { allowed: false, rule: 'roles.support-agent.client_certificate' },
      principal: { subject: 'ada' },
    })
  })

  it('knows a client again that resumes its session', async () => {
    const keeper = new Agent({ maxCachedSessions: 10 })
    let resumed = 0
    const create = keeper.createConnection.bind(keeper)
    keeper.createConnection = (...args) => {
      const socket = create(...args) as TLSSocket
      socket.once('secureConnect', () => {
        if (socket.isSessionReused()) resumed += 1
      })
      return socket
    }
    for (let i = 0; i < 5; i++) expect(await whoami({ tls: as(agent), agent: keeper })).toBe('ok')
    expect(resumed).toBeGreaterThan(0)
    keeper.destroy()
  })

  it('takes over a renewed certificate while calls go on, and drops no connection', async () => {
    const keeper = new Agent({ keepAlive: true, maxSockets: 1 })
    const kept = await connection({ cert: agent.cert, key: agent.key })
    let ended = false
    kept.on('close', () => {
      ended = true
    })
    const outcomes = new Set<string>()
    let seen = ''
    writeFileSync(join(place.place, 'server.key'), renewed.key)
    writeFileSync(join(place.place, 'server.crt'), renewed.cert)
    while (seen !== 'tickets, renewed') {
      outcomes.add(await whoami({ tls: as(agent), agent: keeper }))
      outcomes.add(await whoami({ tls: as(agent) }))
      const fresh = await connection()
      seen = String(fresh.getPeerCertificate().subject.CN)
      fresh.destroy()
    }
    outcomes.add(await whoami({ tls: as(agent), agent: keeper }))
    expect([...outcomes]).toEqual(['ok'])
    expect(ended).toBe(false)
    kept.destroy()
    keeper.destroy()
  })

  it('lets nobody in without a certificate where every client needs one', async () => {
    const file = environmentWith(
      place.file,
      { 'tls.require_client_certificate': true },
      join(place.place, 'required.yaml'),
    )
    const other = await startHttp({
      server: 'tickets',
      environment: file,
      env: { POSTERN_PORT: String(await freePort()) },
      tls: as(agent),
    })
    try {
      expect(await whoami({ tls: as(agent) }, other.url)).toBe('ok')
      for (const tls of [{ ca: authority.cert }, as(stranger)])
        await expect(whoami({ tls }, other.url)).rejects.toThrow()
      // Prometheus and the kubelet have none, and need none.
      expect(await other.status('/readyz')).toBe(200)
    } finally {
      await other.kill()
    }
  })
})
