import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuditFault } from './audit-fault.ts'
import { createOnce } from './hmac-keys.ts'
import { readReference } from './read-reference.ts'

/** Signs checkpoints with Ed25519. */
export interface CheckpointKey {
  readonly id: string
  /** PEM, to be kept where the writer of the log cannot change it. */
  readonly publicKey: string
  /** True when the private key lies in the audit directory, so that who can write there can sign anew. */
  readonly besideTheLog: boolean
  sign(text: string): string
}

/**
 * The key of the environment file, or else of the audit directory, where the first process to come makes one (mode
 * 0600).
 *
 * @throws Error that names the setting when it is not an Ed25519 private key in PEM
 */
export async function checkpointKey(directory: string, reference?: string): Promise<CheckpointKey> {
  if (reference !== undefined) {
    const pem = await readReference(reference, 'audit.checkpoints.key')
    return signer(privateKey(pem, reference), false)
  }
  const file = join(directory, 'keys', 'checkpoint.pem')
  await mkdir(join(directory, 'keys'), { recursive: true, mode: 0o700 })
  const fresh = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  await createOnce(file, fresh)
  return signer(privateKey(await readFile(file), file), true)
}

/** A key that the processes of one store share. */
export function checkpointKeyFromSeed(seed: Uint8Array): CheckpointKey {
  return signer(createPrivateKey({ key: Buffer.concat([ed25519Pkcs8, seed]), format: 'der', type: 'pkcs8' }), true)
}

/** What stands before the 32 bytes of a key in its PKCS #8 form (RFC 8410, section 7). */
const ed25519Pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function privateKey(pem: Buffer, from: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What OpenSSL says may quote the content.
  }
  throw new AuditFault(
    `audit.checkpoints.key (${from}) is not an Ed25519 private key in PEM. Make one with: openssl genpkey -algorithm ed25519`,
  )
}

function signer(key: KeyObject, besideTheLog: boolean): CheckpointKey {
  const publicKey = createPublicKey(key)
  return {
    id: keyId(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    besideTheLog,
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64url'),
  }
}

/** Public keys by id. */
export type PublicKeys = ReadonlyMap<string, KeyObject>

/** @throws Error when a text is no Ed25519 public key in PEM */
export function publicKeys(pems: readonly string[]): PublicKeys {
  const keys = pems.map((pem) => createPublicKey(pem))
  if (keys.some((key) => key.asymmetricKeyType !== 'ed25519'))
    throw new AuditFault('a checkpoint key must be an Ed25519 key')
  return new Map(keys.map((key) => [keyId(key), key]))
}

/** The public keys that lie beside checkpoints. */
export async function publicKeysIn(directory: string): Promise<string[]> {
  const files = await readdir(directory).catch(() => [])
  return Promise.all(
    files.filter((file) => file.endsWith('.pub')).map((file) => readFile(join(directory, file), 'utf8')),
  )
}

export function verifies(keys: PublicKeys, id: string, text: string, signature: string): boolean {
  const key = keys.get(id)
  return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
}

function keyId(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' })).slice(0, 16)
}
