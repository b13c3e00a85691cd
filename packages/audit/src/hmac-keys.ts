import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuditFault } from './audit-fault.ts'
import { type KeyedHash, keyedHash } from './keyed-hash.ts'
import { readReference } from './read-reference.ts'

/** The keys that records may name: the newest makes new hashes, the old ones find old records. */
export interface KeyRing {
  readonly current: KeyedHash
  readonly all: readonly KeyedHash[]
}

/** The `hmac_key` of the section. */
export type HmacKeyReference = string | { readonly current: string; readonly previous: readonly string[] }

const keyBytes = 32
const name = /^hmac-(\d{6})\.key$/

/**
 * The keys under which this log hides what it must not hold: those of the environment file, or else of the audit
 * directory, where the first process to come makes one (mode 0600).
 *
 * @throws Error that names the file when a key cannot be read or is too short
 */
export async function hmacKeys(directory: string, reference?: HmacKeyReference): Promise<KeyRing> {
  if (reference !== undefined) return keyRing(await referenced(reference))
  const stored = await storedKeys(directory)
  if (stored.length > 0) return keyRing(stored)
  await addKey(directory, 1)
  return keyRing(await storedKeys(directory))
}

/** Makes a new key the current one. Running processes take it up within a minute; old keys stay, to find old records. */
export async function rotateHmacKey(directory: string): Promise<string> {
  const newest = (await names(directory)).at(-1)
  await addKey(directory, newest === undefined ? 1 : numberOf(newest) + 1)
  return keyRing(await storedKeys(directory)).current.id
}

/** Newest first. */
function keyRing(keys: readonly Uint8Array[]): KeyRing {
  const all = keys.map(keyedHash)
  const current = all[0]
  if (current === undefined) throw new AuditFault('an audit log needs an HMAC key')
  return { current, all }
}

async function referenced(reference: HmacKeyReference): Promise<Uint8Array[]> {
  const { current, previous } = typeof reference === 'string' ? { current: reference, previous: [] } : reference
  return Promise.all([current, ...previous].map((one) => readReference(one, 'audit.hmac_key')))
}

async function storedKeys(directory: string): Promise<Uint8Array[]> {
  return Promise.all((await names(directory)).reverse().map((file) => readFile(join(directory, 'keys', file))))
}

async function names(directory: string): Promise<string[]> {
  await mkdir(join(directory, 'keys'), { recursive: true, mode: 0o700 })
  return (await readdir(join(directory, 'keys'))).filter((file) => name.test(file)).sort()
}

const numberOf = (file: string): number => Number(name.exec(file)?.[1])

async function addKey(directory: string, number: number): Promise<void> {
  await createOnce(join(directory, 'keys', `hmac-${String(number).padStart(6, '0')}.key`), randomBytes(keyBytes))
}

/** Creates a secret file with its content in one step, so that of many processes the first wins and nobody reads half. */
export async function createOnce(file: string, content: string | Uint8Array): Promise<void> {
  const fresh = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(fresh, content, { mode: 0o600, flag: 'wx', flush: true })
    await link(fresh, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(fresh, { force: true })
  }
}
