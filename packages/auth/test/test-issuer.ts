import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Claims = Readonly<Record<string, unknown>>
export type KeyKind = 'ES256' | 'RS256' | 'EdDSA'

/** How the issuer answers a request for its keys. */
export type Mood = 'well' | 'hang' | 'fail' | 'huge' | 'html' | 'redirect' | 'empty' | 'drip'

export interface SigningKey {
  readonly alg: KeyKind
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: Claims
}

let keyCount = 0

export function newKey(alg: KeyKind = 'ES256', kid = `key-${++keyCount}`): SigningKey {
  const { publicKey, privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519')
  return { alg, kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } }
}

export const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url')

/** A compact JWS over whatever it is given, right or wrong. Texts and bytes are taken as they are, objects become JSON. */
export function compact(header: Claims | string, payload: Claims | string | Uint8Array, key: SigningKey): string {
  const encoded = (part: Claims | string | Uint8Array) =>
    base64url(typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part))
  const signed = `${encoded(header)}.${encoded(payload)}`
  return `${signed}.${base64url(signatureOf(signed, key))}`
}

function signatureOf(text: string, { alg, privateKey }: SigningKey): Buffer {
  if (alg === 'EdDSA') return sign(null, Buffer.from(text), privateKey)
  return sign(
    'sha256',
    Buffer.from(text),
    alg === 'RS256' ? privateKey : { key: privateKey, dsaEncoding: 'ieee-p1363' },
  )
}

/** A real HTTP server that publishes keys, on a port of its own, and can misbehave. */
export async function startIssuer() {
  let key = newKey()
  let published: Claims[] = [key.jwk]
  let mood: Mood = 'well'
  let requests = 0
  let arrived = Promise.withResolvers<void>()
  const hanging = new Set<ServerResponse>()

  const server = createServer((request, response) => {
    if (request.url !== '/jwks') return void response.writeHead(200).end(JSON.stringify({ keys: published }))
    requests++
    arrived.resolve()
    arrived = Promise.withResolvers()
    switch (mood) {
      case 'well':
        return void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ keys: published }))
      case 'hang':
        return void hanging.add(response)
      case 'drip':
        hanging.add(response)
        return void response.writeHead(200).write('{"keys":[')
      case 'fail':
        return void response.writeHead(500).end()
      case 'huge':
        return void response.writeHead(200).end(JSON.stringify({ keys: published, filler: 'x'.repeat(300 * 1024) }))
      case 'html':
        return void response.writeHead(200).end('secret words of the upstream')
      case 'redirect':
        return void response.writeHead(302, { location: '/elsewhere' }).end()
      case 'empty':
        return void response.writeHead(200).end('{"keys":[]}')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    issuer,
    jwks: `${issuer}/jwks`,
    get key() {
      return key
    },
    get requests() {
      return requests
    },
    /** Resolves when the next request for keys has arrived. */
    nextRequest: () => arrived.promise,
    behave(next: Mood) {
      mood = next
    },
    /** Signs with a new key from now on. The old ones stay published unless they are withdrawn. */
    rotate(options: { withdraw?: boolean; alg?: KeyKind } = {}) {
      key = newKey(options.alg)
      published = options.withdraw ? [key.jwk] : [...published, key.jwk]
      return key
    },
    publish(...keys: Claims[]) {
      published = keys
    },
    /** Answers the requests that hang. */
    release() {
      for (const response of hanging) response.end(response.headersSent ? ']}' : JSON.stringify({ keys: published }))
      hanging.clear()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type TestIssuer = Awaited<ReturnType<typeof startIssuer>>
