import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type Certificate, certificate } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { tlsOptions, watchTls } from './tls.ts'

describe('TLS', () => {
  let directory: string
  let server: Server
  let stop: () => void
  const file = (name: string) => join(directory, name)
  const made: Record<string, Certificate> = {
    one: certificate({ CN: 'one' }),
    two: certificate({ CN: 'two' }),
    client: certificate({ O: 'acme', CN: 'agent' }),
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postern-tls-'))
    writeFileSync(file('client.crt'), made['client']?.cert ?? '')
    copy('one')
    const section = {
      cert: `file:${file('live.crt')}`,
      key: `file:${file('live.key')}`,
      client_ca: `file:${file('client.crt')}`,
      require_client_certificate: false,
    }
    server = createServer(tlsOptions(section), (incoming, response) => {
      const socket = incoming.socket as TLSSocket
      response.end(`${socket.authorized} ${socket.getPeerCertificate().subject?.CN}`)
    })
    stop = watchTls(server, section, createLogger({ server: 'tls', environment: 'test', level: 'silent' }), 20)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    stop()
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  })

  const copy = (name: string) => {
    writeFileSync(file('live.key'), made[name]?.key ?? '')
    writeFileSync(file('live.crt'), made[name]?.cert ?? '')
  }
  const port = () => (server.address() as AddressInfo).port
  const dial = (options: ConnectionOptions = {}): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: port(), host: '127.0.0.1', rejectUnauthorized: false, ...options }, () =>
        resolve(socket),
      )
      socket.once('error', reject)
    })
  const ask = (options: object = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { port: port(), host: '127.0.0.1', rejectUnauthorized: false, agent: false, ...options },
        (response) => {
          let text = ''
          response.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(text))
        },
      )
      outgoing.on('error', reject).end()
    })

  it('speaks 1.3 and refuses 1.2', async () => {
    const socket = await dial()
    expect(socket.getProtocol()).toBe('TLSv1.3')
    socket.destroy()
    await expect(dial({ maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  it('knows a client by its certificate, and another as nobody', async () => {
    const with_ = (name: string) => ({ cert: made[name]?.cert, key: made[name]?.key })
    expect(await ask(with_('client'))).toBe('true agent')
    expect(await ask(with_('two'))).toMatch(/^false/)
    expect(await ask()).toMatch(/^false/)
  })

  it('takes a renewed certificate over without dropping a connection', async () => {
    const kept = await dial()
    expect(kept.getPeerCertificate().subject.CN).toBe('one')
    copy('two')
    let subject = ''
    for (let i = 0; subject !== 'two' && i < 200; i++) {
      const socket = await dial()
      subject = String(socket.getPeerCertificate().subject.CN)
      socket.destroy()
    }
    expect(subject).toBe('two')
    expect(kept.destroyed).toBe(false)
    kept.destroy()
  })

  it('keeps the last good certificate when the new one is broken', async () => {
    writeFileSync(file('live.crt'), 'not a certificate')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const socket = await dial()
    expect(socket.getPeerCertificate().subject.CN).toBe('two')
    socket.destroy()
  })

  it('does not start on files that are no certificate', () => {
    expect(() =>
      tlsOptions({ cert: `file:${file('nowhere')}`, key: 'file:x', require_client_certificate: false }),
    ).toThrow(/tls\.cert: .*cannot be read/)
  })
})
