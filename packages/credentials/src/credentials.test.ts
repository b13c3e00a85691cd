import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { openStore } from '@postern/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChangingFile } from './changing-file.ts'
import { CredentialError, CredentialRefused } from './credential-error.ts'
import { type CredentialEvent, type CredentialOptions, credentialStatus, openCredentials } from './credentials.ts'
import type { Secret } from './secret.ts'
import { credentialsMigrations, storedUses } from './stored-uses.ts'

let folder: string
let now: number
let events: CredentialEvent[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-credentials-'))
  now = Date.parse('2026-11-20T10:00:00Z')
  events = []
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(name: string, text: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(`${path}.new`, text, { mode })
  chmodSync(`${path}.new`, mode)
  renameSync(`${path}.new`, path)
  return `file:${path}`
}

const at = (name: string) => `file:${join(folder, name)}`
const later = (ms: number) => {
  now += ms
}

function open(reference: CredentialOptions['references'][string], options: Partial<CredentialOptions> = {}) {
  return openCredentials({
    environment: 'production',
    references: { 'backend.credential': reference },
    onEvent: (event) => events.push(event),
    now: () => now,
    ...options,
  })
}

const upstreamThatTakes = (...accepted: string[]) => {
  const seen: string[] = []
  const run = async (secret: Secret) => {
    const value = secret.reveal()
    seen.push(value)
    if (!accepted.includes(value)) throw new CredentialRefused()
    return value
  }
  return { run, seen, accept: (...values: string[]) => accepted.splice(0, accepted.length, ...values) }
}

describe('a credential', () => {
  it('is the content of its file without the newline at the end', async () => {
    const credentials = await open(put('jira', 'tok en-1\r\n'))
    expect((await credentials.get('backend.credential')).current.reveal()).toBe('tok en-1')
  })

  it('is read again when its file was replaced, changed in place, or swapped like a mounted secret', async () => {
    mkdirSync(join(folder, 'v1'))
    mkdirSync(join(folder, 'v2'))
    writeFileSync(join(folder, 'v1/token'), 'one')
    writeFileSync(join(folder, 'v2/token'), 'two')
    symlinkSync('v1', join(folder, 'data'))
    const credentials = await open(at('data/token'))
    const value = async () => (await credentials.get('backend.credential')).current.reveal()
    expect(await value()).toBe('one')

    symlinkSync('v2', join(folder, 'data.new'))
    renameSync(join(folder, 'data.new'), join(folder, 'data'))
    expect(await value()).toBe('one')
    later(1000)
    expect(await value()).toBe('two')

    writeFileSync(join(folder, 'v2/token'), 'six')
    later(1000)
    expect(await value()).toBe('six')
  })

  it('is read again even when file system clocks are too coarse to tell that it has changed', () => {
    const path = join(folder, 'jira')
    const file = new ChangingFile(path, { bytesMax: 100, lookEveryMs: 0 })
    // Kernels before Linux 6.13 count some milliseconds at a time: there, most of these writes look alike.
    for (let i = 0; i < 100; i++) {
      writeFileSync(path, `value-${1000 + i}`)
      expect(file.read()).toMatchObject({ text: `value-${1000 + i}` })
    }
  })

  it('stays the same object as long as nothing changes', async () => {
    const credentials = await open(put('jira', 'one'))
    const { current } = await credentials.get('backend.credential')
    later(60_000)
    expect((await credentials.get('backend.credential')).current).toBe(current)
  })

  it('never shows itself', async () => {
    const credentials = await open(put('jira', 'hunter2'))
    const { current } = await credentials.get('backend.credential')
    const shown = [
      `${current}`,
      String(current),
      JSON.stringify({ current }),
      inspect({ current }, { depth: 9, showHidden: true }),
    ]
    for (const text of [...shown, JSON.stringify(await credentials.status()), inspect(credentials, { depth: 9 })])
      expect(text).not.toContain('hunter2')
    expect(current.id).toMatch(/^jira@2/)
  })
})

describe('a start', () => {
  it.each([
    ['a missing file', () => at('none'), /^backend\.credential: file:.*none does not exist\. Mount the secret there/],
    ['an empty file', () => put('x', '\n'), /is empty/],
    ['a huge file', () => put('x', 'x'.repeat(65 * 1024)), /larger than 65536 bytes/],
    ['a folder', () => `file:${folder}`, /is not a file/],
    ['bytes that are no text', () => put('x', Uint8Array.of(0xff, 0xfe, 0x00)), /not UTF-8/],
    ['an env: reference outside development', () => 'env:JIRA_TOKEN', /env:JIRA_TOKEN is for development only/],
    ['a secret instead of a reference', () => 'hunter2', /a secret never stands in this file/],
    ['a broken next', () => ({ current: put('x', 'one'), next: put('y', '') }), /y is empty/],
    [
      'a tag that is no tag',
      () => {
        put('x.meta.json', '{"enviroment":"production"}')
        return put('x', 'one')
      },
      /has a \.meta\.json beside it that is not \{ "id", "environment", "created_at" \}/,
    ],
  ])('is refused for %s, in one sentence', async (_case, reference, message) => {
    const error = await open(reference(), { env: { JIRA_TOKEN: 'hunter2' } }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CredentialError)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).not.toContain('hunter2')
  })

  it('does not wait for the writer of a FIFO', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'fifo')])
    await expect(open(at('fifo'))).rejects.toThrow(/is not a file/)
  })

  it('takes env: in development, where an empty variable counts as unset', async () => {
    const options = { environment: 'development', env: { JIRA_TOKEN: 'dev', EMPTY: '' } }
    const credentials = await open('env:JIRA_TOKEN', options)
    expect((await credentials.get('backend.credential')).current.reveal()).toBe('dev')
    await expect(open('env:EMPTY', options)).rejects.toThrow(/env:EMPTY is not set/)
  })
})

describe('a credential of another environment', () => {
  it('is refused when its reference says so, and reported', async () => {
    const reference = { current: put('jira', 'one'), environment: 'staging' }
    await expect(open(reference)).rejects.toMatchObject({ kind: 'other_environment', credential: 'backend.credential' })
    expect(events).toEqual([
      {
        kind: 'credential_of_other_environment',
        credential: 'backend.credential',
        location: reference.current,
        environment: 'production',
        found: 'staging',
      },
    ])
  })

  it('is refused when the file beside it says so, also as next', async () => {
    put('new.meta.json', '{"environment":"staging"}')
    const reference = { current: put('old', 'one'), next: put('new', 'two'), environment: 'production' }
    await expect(open(reference)).rejects.toThrow(/new is tagged for staging\. This is production/)
    expect(events).toHaveLength(1)
  })

  it('is noticed when only what lies beside it changes', async () => {
    const credentials = await open(put('jira', 'ours'))
    put('jira.meta.json', '{"id":"jira-7"}')
    later(1000)
    expect((await credentials.get('backend.credential')).current.id).toBe('jira-7')
    put('jira.meta.json', '{"id":"jira-7","environment":"staging"}')
    later(1000)
    expect((await credentials.status())[0]).toMatchObject({ problem: 'is tagged for staging' })
    expect(events).toHaveLength(1)
  })

  it('is never used when it replaces a good one in a running server; the good one is, for ten minutes', async () => {
    const credentials = await open(put('jira', 'ours'))
    put('jira.meta.json', '{"environment":"staging"}')
    put('jira', 'theirs')
    for (let i = 0; i < 10; i++) {
      later(59_000)
      expect((await credentials.get('backend.credential')).current.reveal()).toBe('ours')
    }
    expect(events).toHaveLength(1)
    expect(credentials.matches('backend.credential', 'theirs')).toBe(false)
    later(5 * 60_000)
    const error = await credentials.get('backend.credential').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', reason: 'credential', retryable: false })
    expect((error as Error).message).not.toContain('jira')

    put('jira.meta.json', '{"environment":"production","id":"jira-2026-11"}')
    later(1000)
    expect((await credentials.get('backend.credential')).current.id).toBe('jira-2026-11')
  })
})

describe('a rotation', () => {
  const calls = (times: number, call: () => Promise<unknown>) => Promise.all(Array.from({ length: times }, call))

  it('fails no call from the first step to the last', async () => {
    const upstream = upstreamThatTakes('one')
    const credentials = await open({ current: put('current', 'one'), next: at('next') })
    const load = () => calls(50, () => credentials.withRotation('backend.credential', upstream.run))

    await load()
    put('next', 'two')
    upstream.accept('one', 'two')
    later(1000)
    await load()
    expect(new Set(upstream.seen)).toEqual(new Set(['one']))

    upstream.accept('two')
    await load()
    upstream.seen.length = 0
    await load()
    expect(new Set(upstream.seen)).toEqual(new Set(['two']))

    put('current', 'two')
    rmSync(join(folder, 'next'))
    later(1000)
    upstream.seen.length = 0
    await load()
    expect(new Set(upstream.seen)).toEqual(new Set(['two']))
    expect(await credentials.get('backend.credential')).not.toHaveProperty('next')
  })

  it('reads the files once more, at once, when both values are refused', async () => {
    const upstream = upstreamThatTakes('three')
    const credentials = await open({ current: put('current', 'one'), next: put('next', 'two') })
    put('current', 'three')
    expect(await credentials.withRotation('backend.credential', upstream.run)).toBe('three')
    expect(upstream.seen).toEqual(['one', 'two', 'three'])
  })

  it('tries each value once and then fails typed', async () => {
    const upstream = upstreamThatTakes()
    const credentials = await open({ current: put('current', 'same'), next: put('next', 'same') })
    await expect(credentials.withRotation('backend.credential', upstream.run)).rejects.toMatchObject({
      reason: 'credential',
    })
    expect(upstream.seen).toEqual(['same'])
  })

  it('leaves other errors alone', async () => {
    const credentials = await open({ current: put('current', 'one'), next: put('next', 'two') })
    let runs = 0
    const run = async () => {
      runs++
      throw new Error('upstream is down')
    }
    await expect(credentials.withRotation('backend.credential', run)).rejects.toThrow('upstream is down')
    expect(runs).toBe(1)
  })

  it('accepts both values until the old one is gone, and nothing else', async () => {
    const credentials = await open({ current: put('current', 'new'), next: put('next', 'old') })
    const accepts = (value: string) => credentials.matches('backend.credential', value)
    expect([accepts('new'), accepts('old'), accepts('ol'), accepts('')]).toEqual([true, true, false, false])
    rmSync(join(folder, 'next'))
    later(1000)
    expect([accepts('new'), accepts('old')]).toEqual([true, false])
  })

  it('goes on with the last good value while a file is missing or half written, and recovers', async () => {
    const credentials = await open(put('jira', 'one'))
    const value = async () => (await credentials.get('backend.credential')).current.reveal()
    writeFileSync(join(folder, 'jira'), '')
    later(1000)
    expect(await value()).toBe('one')
    expect((await credentials.status())[0]).toMatchObject({ problem: 'is empty' })
    rmSync(join(folder, 'jira'))
    later(9 * 60_000)
    expect(await value()).toBe('one')
    later(60_000)
    await expect(value()).rejects.toMatchObject({ reason: 'credential' })
    put('jira', 'two')
    later(1000)
    expect(await value()).toBe('two')
    rmSync(join(folder, 'jira'))
    later(9 * 60_000)
    expect(await value()).toBe('two')
  })
})

describe('status', () => {
  it('tells id, age, environment and last use of each value', async () => {
    put(
      'current.meta.json',
      JSON.stringify({ id: 'key-7', created_at: '2026-11-19T10:00:00Z', environment: 'production' }),
    )
    const current = put('current', 'one')
    const next = put('next', 'two', 0o644)
    const credentials = await open({ current, next })
    expect((await credentials.status())[0]).toMatchObject({ lastUsedAt: null, inUse: true })

    await credentials.withRotation('backend.credential', upstreamThatTakes('two').run)
    later(10_000)
    expect(await credentials.status()).toEqual([
      {
        name: 'backend.credential',
        which: 'current',
        location: current,
        id: 'key-7',
        environment: 'production',
        ageSeconds: 86_410,
        lastUsedAt: '2026-11-20T10:00:00.000Z',
        inUse: false,
        problem: null,
        warning: null,
      },
      {
        name: 'backend.credential',
        which: 'next',
        location: next,
        id: expect.stringMatching(/^next@/),
        environment: null,
        ageSeconds: expect.any(Number),
        lastUsedAt: '2026-11-20T10:00:00.000Z',
        inUse: true,
        problem: null,
        warning: 'can be read by every user of this host',
      },
    ])
  })

  it('answers for credentials that cannot be used', async () => {
    const [row] = await credentialStatus({ environment: 'production', references: { x: at('none') } })
    expect(row).toMatchObject({ id: null, problem: 'does not exist', inUse: false })
  })

  it('knows uses of other processes where they are kept, and keeps the latest', async () => {
    const store = await openStore({
      config: { kind: 'sqlite' },
      server: 'tickets',
      environment: 'production',
      dataDirectory: folder,
      migrations: credentialsMigrations,
    })
    const options = {
      environment: 'production',
      references: { 'backend.credential': put('jira', 'one') },
      now: () => now,
    }
    const lastUsed = async () => (await credentialStatus(options, storedUses(store)))[0]?.lastUsedAt
    const processes = [await openCredentials(options), await openCredentials(options)]
    for (const credentials of processes) {
      credentials.keepUses(storedUses(store))
      ;(await credentials.get('backend.credential')).current.reveal()
      later(60_000)
    }
    const [first, second] = processes
    await second?.flush()
    expect(await lastUsed()).toBe('2026-11-20T10:01:00.000Z')
    await first?.flush()
    expect(await lastUsed()).toBe('2026-11-20T10:01:00.000Z')
    await second?.get('backend.credential').then(({ current }) => current.reveal())
    await second?.flush()
    expect(await lastUsed()).toBe('2026-11-20T10:02:00.000Z')
    await store.close()
  })
})
