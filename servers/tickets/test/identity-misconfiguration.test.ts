import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWith, repository, runBundle, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Mistake {
  readonly file?: 'development' | 'staging' | 'production'
  readonly changes?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Found on the line that the message names. Left out for mistakes that do not stand in the file. */
  readonly at?: RegExp
  /** What is wrong and what to do. */
  readonly says: readonly (string | RegExp)[]
}

const http = ['--http']
const issuer = { issuer: 'https://id.example.com/', jwks: 'https://id.example.com/jwks' }

const mistakes: Record<string, Mistake> = {
  'an unknown key in a role': {
    changes: { 'roles.support-agent.tolls': ['whoami'] },
    at: /tolls:/,
    says: ['there is no "roles.support-agent.tolls"', 'Did you mean "tools"?'],
  },
  'a misspelt tool': {
    changes: { 'roles.support-agent.tools': ['whoami', 'creat_ticket'] },
    at: /creat_ticket/,
    says: ['roles.support-agent.tools.1 "creat_ticket"', 'Did you mean "create_ticket"?'],
  },
  'read_only: yess in a role': {
    changes: { 'roles.support-agent.read_only': 'yess' },
    at: /read_only: yess/,
    says: ['roles.support-agent.read_only "yess"', 'it must be true or false', 'Did you mean "true"?'],
  },
  'read_only: yess for the whole file': {
    changes: { read_only: 'yess' },
    at: /read_only: yess/,
    says: ['read_only "yess"', 'Did you mean "true"?'],
  },
  'read_only misspelt': {
    changes: { readonly: true },
    at: /readonly: true/,
    says: ['there is no "readonly"', 'Did you mean "read_only"?'],
  },
  'a role without rows': {
    changes: { 'roles.support-agent.rows': undefined },
    at: /support-agent:/,
    says: ['roles.support-agent.rows is missing'],
  },
  'rows by an attribute that no record has': {
    changes: { 'roles.support-agent.rows': { projekt: { in: '$projects' } } },
    at: /projekt/,
    says: ['there is no "roles.support-agent.rows.projekt"', 'Did you mean "project"?'],
  },
  'a missing audience': {
    file: 'production',
    changes: { 'identity.audience': undefined },
    at: /^identity:/,
    says: ['identity.audience', 'without it, tokens for other servers would do'],
  },
  'HTTP without issuers outside development': {
    file: 'staging',
    args: http,
    changes: { 'identity.issuers': undefined },
    at: /^identity:/,
    says: ['identity.issuers', 'outside development every caller needs a token'],
  },
  'local principals in staging': {
    file: 'staging',
    changes: { 'identity.local': { principals: { support: { tenant: 'acme', roles: ['support-agent'] } } } },
    at: /local:/,
    says: ['identity.local', 'local principals are for development only, and this is staging'],
  },
  'a symmetric algorithm': {
    file: 'production',
    changes: { 'identity.issuers': [{ ...issuer, algorithms: ['HS256'] }] },
    at: /HS256/,
    says: ['identity.issuers.0.algorithms.0 "HS256"', 'ES256'],
  },
  'a plain env: credential in production': {
    file: 'production',
    changes: { 'store.url': 'env:DATABASE_URL' },
    at: /url: env:DATABASE_URL/,
    says: ['store.url', 'env:DATABASE_URL', 'development only', 'file:/run/secrets/'],
  },
  'a secret itself': {
    file: 'production',
    changes: { 'store.url': 'postgres://tickets:hunter2@db.example.com/tickets' },
    at: /hunter2/,
    says: ['store.url', 'it must be file:<path>', 'a secret never stands in the environment file'],
  },
  'a credential of another environment': {
    file: 'production',
    changes: { 'store.url': { current: 'file:/run/secrets/database-url', environment: 'staging' } },
    at: /current: file:|url:/,
    says: ['store.url', 'tagged for staging', 'This is production'],
  },
  'a credential that is not there': {
    file: 'production',
    changes: { 'store.url': 'file:/nowhere/database-url' },
    at: /url: file:/,
    says: ['store.url', 'file:/nowhere/database-url does not exist', 'Mount the secret there'],
  },
  'a list of revoked tokens that is not there': {
    file: 'staging',
    args: http,
    changes: { store: { kind: 'sqlite' }, 'identity.revoked': '/nowhere/revoked' },
    at: /revoked:/,
    says: ['identity.revoked', '/nowhere/revoked', 'Create it'],
  },
  'HTTP beyond loopback with nobody but local principals': {
    args: http,
    env: { POSTERN_HOST: '0.0.0.0', POSTERN_PORT: '0', POSTERN_OPS_PORT: '0' },
    at: /^identity:/,
    says: ['0.0.0.0', 'identity.issuers'],
  },
  'a misspelt variable': {
    env: { POSTERN_TOKEN_FLIE: '/run/token' },
    says: ['POSTERN_TOKEN_FLIE', 'Did you mean POSTERN_TOKEN_FILE?'],
  },
  'a local principal that does not exist': {
    env: { POSTERN_PRINCIPAL: 'suport' },
    says: ['no local principal "suport" in identity.local', 'support, developer'],
  },
}

describe('a mistake in what identity and permissions are made of stops the start', () => {
  let place: TemporaryDirectory
  beforeAll(() => {
    place = temporaryDirectory()
  })
  afterAll(() => place.remove())

  it.each(Object.entries(mistakes))('%s', async (name, { file = 'development', changes = {}, env, args, at, says }) => {
    const path = environmentWith(
      join(repository, 'servers/tickets/environments', `${file}.yaml`),
      changes,
      join(place.path, `${name.replaceAll(/\W+/g, '-')}.yaml`),
    )
    const { code, stdout, stderr } = await runBundle({
      server: 'tickets',
      data: join(place.path, 'data'),
      ...(args && { args }),
      env: { POSTERN_ENVIRONMENT: path, ...env },
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const said = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('{'))
    // A sentence for a person: no stack, no secret, every line by whose server it is.
    for (const line of said) expect(line).toMatch(/^tickets: /)
    expect(stderr).not.toContain('hunter2')
    for (const part of says) expect(said.join('\n')).toMatch(part)
    if (at === undefined) return
    const named = said.flatMap((line) => (line.startsWith(`tickets: ${path}:`) ? [lineNumber(line, path)] : []))
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(named.map((number) => lines[number - 1])).toContainEqual(expect.stringMatching(at))
  })
})

const lineNumber = (line: string, path: string): number => Number.parseInt(line.slice(`tickets: ${path}:`.length), 10)
