import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'
import { closeSync, fstatSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Principal } from '@postern/tool'
import { z } from 'zod'
import { developmentIssuerPrefix } from './development-issuer-prefix.ts'
import { IdentityError } from './identity-error.ts'
import type { ClaimMapping } from './to-principal.ts'

/** What a development token says about its caller. */
export interface DevelopmentClaims
  extends Pick<
    Principal,
    'subject' | 'tenant' | 'kind' | 'actor' | 'scopes' | 'roles' | 'attributes' | 'purposes' | 'readOnly'
  > {
  /** The server the token is for. */
  readonly audience: string
  /** At most one hour. */
  readonly ttlSeconds: number
}

/** Signs tokens that only a development environment with the same data directory accepts. */
export interface DevelopmentIssuer {
  readonly issuer: string
  /** Its public key as a JWKS. */
  readonly jwks: { readonly keys: readonly unknown[] }
  /** @throws RangeError for a lifetime that is not 1 to 3600 s */
  sign(claims: DevelopmentClaims): string
}

/** Where development tokens say what, whatever the environment file says about the tokens of its issuers. */
export const developmentMapping: ClaimMapping = {
  tenant: 'postern.tenant',
  roles: 'postern.roles',
  purpose: 'postern.purposes',
  kind: 'postern.kind',
  read_only: 'postern.read_only',
  attributes: [],
  attributesIn: 'postern.attributes',
}

const ttlSecondsMax = 3600
const fileName = 'development-issuer.json'
const keyFile = z.strictObject({ issuer: z.string().startsWith(developmentIssuerPrefix), privateKey: z.string() })

/**
 * The development issuer of a data directory. Its Ed25519 key is made at first use and stays in the directory, readable
 * by its owner alone; processes that start together end up with the same one.
 *
 * @throws IdentityError when the key file is damaged or readable by others
 */
export function developmentIssuer(dataDirectory: string): DevelopmentIssuer {
  const path = join(dataDirectory, fileName)
  const { issuer, privateKey } = readKey(path) ?? createKey(dataDirectory, path)
  const kid = issuer.slice(developmentIssuerPrefix.length)
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  return {
    issuer,
    jwks: { keys: [{ ...jwk, kid, alg: 'EdDSA', use: 'sig' }] },
    sign: (claims) => signToken(payloadOf(issuer, claims), kid, privateKey),
  }
}

function payloadOf(issuer: string, claims: DevelopmentClaims): object {
  const { ttlSeconds } = claims
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > ttlSecondsMax)
    throw new RangeError(`a development token lives 1 to ${ttlSecondsMax} seconds`)
  const iat = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: claims.audience,
    sub: claims.subject,
    client_id: 'postern-development',
    iat,
    exp: iat + ttlSeconds,
    jti: randomUUID(),
    scope: claims.scopes.join(' '),
    ...(claims.actor !== undefined && { act: { sub: claims.actor } }),
    postern: {
      tenant: claims.tenant,
      roles: claims.roles,
      purposes: claims.purposes,
      kind: claims.kind,
      read_only: claims.readOnly,
      attributes: claims.attributes,
    },
  }
}

function signToken(payload: object, kid: string, key: KeyObject): string {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encoded({ alg: 'EdDSA', typ: 'at+jwt', kid })}.${encoded(payload)}`
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
}

interface IssuerKey {
  readonly issuer: string
  readonly privateKey: KeyObject
}

function readKey(path: string): IssuerKey | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    if (process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0)
      throw new IdentityError(`${path} can be read by other users. Delete it: a new key is made at the next start.`)
    return parseKey(readFileSync(file, 'utf8'), path)
  } finally {
    closeSync(file)
  }
}

function parseKey(text: string, path: string): IssuerKey {
  try {
    const { issuer, privateKey } = keyFile.parse(JSON.parse(text))
    return { issuer, privateKey: createPrivateKey(privateKey) }
  } catch {
    // Without a cause: errors of JSON and of the key parser may quote what they read.
    throw new IdentityError(`${path} is damaged. Delete it: a new key is made at the next start.`)
  }
}

/** Written apart and linked into place: whoever comes second finds a whole file and takes that. */
function createKey(dataDirectory: string, path: string): IssuerKey {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  const issuer = `${developmentIssuerPrefix}${randomBytes(9).toString('base64url')}`
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(draft, JSON.stringify({ issuer, privateKey: pem }), { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
    return { issuer, privateKey }
  } catch (error) {
    const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' ? readKey(path) : undefined
    if (winner === undefined) throw error
    return winner
  } finally {
    rmSync(draft, { force: true })
  }
}
