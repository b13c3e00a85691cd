import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ToolError } from '@postern/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identitySection } from '../src/identity-section.ts'
import { stdioIdentity } from '../src/stdio-identity.ts'
import { goodToken, testClock, verifierFor } from './setting.ts'
import { startIssuer, type TestIssuer } from './test-issuer.ts'

let issuer: TestIssuer
let clock: ReturnType<typeof testClock>
let folder: string
let file: string

beforeEach(async () => {
  issuer = await startIssuer()
  clock = testClock()
  folder = mkdtempSync(join(tmpdir(), 'postern-auth-'))
  file = join(folder, 'token')
})
afterEach(async () => {
  await issuer.close()
  rmSync(folder, { recursive: true })
})

const { local } = identitySection.parse({
  local: {
    default: 'ada',
    principals: {
      ada: {
        tenant: 'acme',
        roles: ['support-agent'],
        attributes: { projects: ['OPS'] },
        purposes: ['support', 'incident'],
      },
      robot: { tenant: 'acme', roles: [], kind: 'service', read_only: true, scopes: ['tickets:read'] },
    },
  },
})

function identity(env: Record<string, string>, environment = 'production') {
  const verifier = () => verifierFor(issuer, clock)
  return stdioIdentity({ env, environment, verifier, local, scopes: ['tickets:read', 'tickets:write'], now: clock.now })
}

async function refusal(call: Promise<unknown>): Promise<ToolError> {
  const error = await call.catch((thrown: unknown) => thrown)
  if (!(error instanceof ToolError)) throw new Error(`not refused: ${inspect(error)}`)
  return error
}

describe('a token in a file', () => {
  it('is verified, and read again when it is renewed', async () => {
    writeFileSync(file, `${goodToken(issuer, clock, { jti: 'first' })}\n`)
    const who = identity({ POSTERN_TOKEN_FILE: file })
    expect(await who()).toMatchObject({ subject: 'user-1', credentialId: 'first' })
    expect(await who()).toBe(await who())
    writeFileSync(file, goodToken(issuer, clock, { jti: 'second' }))
    clock.advance(1000)
    expect(await who()).toMatchObject({ credentialId: 'second' })
  })

  it('is read again at once when it has expired, and then refused with a next step that names the file', async () => {
    const expiring = goodToken(issuer, clock, { exp: clock.seconds() + 1 })
    writeFileSync(file, expiring)
    const who = identity({ POSTERN_TOKEN_FILE: file })
    await who()
    clock.advance(10_000)
    const error = await refusal(who())
    expect(error).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'token_expired',
      nextStep: `Ask the person to put a new token into ${file}; it is read again with the next call.`,
    })
    expect(inspect(error, { depth: 9 })).not.toContain(expiring.slice(-20))
    writeFileSync(file, goodToken(issuer, clock, { jti: 'renewed' }))
    expect(await who()).toMatchObject({ credentialId: 'renewed' })
  })

  it.each<[string, () => void, RegExp]>([
    ['missing', () => {}, /token file of this server, .*token, does not exist\.$/],
    ['empty', () => writeFileSync(file, '\n'), /token, is empty\.$/],
    ['huge', () => writeFileSync(file, 'x'.repeat(9000)), /token, is larger than 8194 bytes\.$/],
    ['no token', () => writeFileSync(file, 'hello'), /^You have no valid token for this server\.$/],
  ])('that is %s is refused at the call, not at the start', async (_case, prepare, message) => {
    prepare()
    const error = await refusal(identity({ POSTERN_TOKEN_FILE: file })())
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'token_invalid' })
    expect(error.message).toMatch(message)
    expect(error.nextStep).toContain(file)
  })

  it('is not blamed when the issuer is down', async () => {
    issuer.behave('fail')
    writeFileSync(file, goodToken(issuer, clock))
    expect(await refusal(identity({ POSTERN_TOKEN_FILE: file })())).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      reason: 'keys_unavailable',
      retryable: true,
    })
  })
})

describe('a token in a variable', () => {
  it('is verified', async () => {
    expect(await identity({ POSTERN_TOKEN: goodToken(issuer, clock), POSTERN_TOKEN_FILE: '' })()).toMatchObject({
      tenant: 'acme',
    })
  })

  it('that has expired is refused with a next step that names the variable', async () => {
    const who = identity({ POSTERN_TOKEN: goodToken(issuer, clock, { exp: clock.seconds() - 60 }) })
    const error = await refusal(who())
    expect(error).toMatchObject({ reason: 'token_expired' })
    expect(error.nextStep).toContain('POSTERN_TOKEN')
  })
})

describe('a local principal', () => {
  it('is the default, or the one that is named, and needs no verifier', async () => {
    const noVerifier = () => {
      throw new Error('a verifier was made')
    }
    const options = {
      environment: 'development',
      local,
      scopes: ['tickets:read', 'tickets:write'],
      verifier: noVerifier,
    }
    expect(await stdioIdentity({ ...options, env: { POSTERN_PRINCIPAL: '' } })()).toEqual({
      issuer: 'urn:postern:local',
      subject: 'ada',
      tenant: 'acme',
      kind: 'user',
      credentialId: 'local:ada',
      scopes: ['tickets:read', 'tickets:write'],
      roles: ['support-agent'],
      attributes: { projects: ['OPS'] },
      purposes: ['support', 'incident'],
      readOnly: false,
    })
    expect(await stdioIdentity({ ...options, env: { POSTERN_PRINCIPAL: 'robot' } })()).toMatchObject({
      subject: 'robot',
      kind: 'service',
      readOnly: true,
      scopes: ['tickets:read'],
    })
  })

  it('has to exist', () => {
    expect(() => identity({ POSTERN_PRINCIPAL: 'eve' }, 'development')).toThrow(
      'There is no local principal "eve" in identity.local. There are: ada, robot.',
    )
    expect(() => identity({ POSTERN_PRINCIPAL: 'constructor' }, 'development')).toThrow(/There is no local principal/)
  })

  it('is refused outside development, named or not', () => {
    for (const environment of ['production', 'staging', 'Development'])
      for (const env of [{}, { POSTERN_PRINCIPAL: 'ada' }, { POSTERN_TOKEN: ' ' }])
        expect(() => identity(env, environment)).toThrow(/Set POSTERN_TOKEN_FILE/)
  })
})

describe('the environment of the process', () => {
  it.each([
    [{ POSTERN_TOKEN: 'a', POSTERN_TOKEN_FILE: '/b' }, 'POSTERN_TOKEN and POSTERN_TOKEN_FILE are both set'],
    [{ POSTERN_TOKEN: 'a', POSTERN_PRINCIPAL: 'ada' }, 'POSTERN_TOKEN and POSTERN_PRINCIPAL are both set'],
  ])('must not contradict itself: %j', (env, message) => {
    expect(() => identity(env, 'development')).toThrow(message)
  })
})

describe('POSTERN_PURPOSE', () => {
  it('narrows the purpose and never widens it', async () => {
    const as = (purpose: string) => identity({ POSTERN_PURPOSE: purpose }, 'development')()
    expect((await as('incident')).purposes).toEqual(['incident'])
    expect((await as('')).purposes).toEqual(['support', 'incident'])
    expect(await refusal(as('billing'))).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'purpose' })
    const robot = identity({ POSTERN_PRINCIPAL: 'robot', POSTERN_PURPOSE: 'support' }, 'development')
    expect(await refusal(robot())).toMatchObject({ reason: 'purpose' })
  })
})
