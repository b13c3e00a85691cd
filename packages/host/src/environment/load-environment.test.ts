import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerDefinition } from '../server-definition.ts'
import { notesServer } from '../testing/notes-server.ts'
import { loadEnvironment } from './load-environment.ts'
import { StartError } from './start-error.ts'

const good = `environment: staging
identity:
  audience: https://notes.example.com/mcp
  issuers: [{ issuer: https://id.example.com/, jwks: https://id.example.com/jwks }]
  claims: { tenant: org, roles: groups, attributes: [projects] }
roles:
  reader:
    purposes: [support]
    tools: [whoami, get_note]
    rows: { project: { in: $projects } }
    read_only: true
backend: { kind: local }
`

describe('an environment file', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'postern-environment-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const load = (text: string) => {
    const file = join(directory, 'e.yaml')
    writeFileSync(file, text)
    return loadEnvironment(file, notesServer as unknown as ServerDefinition)
  }
  const faults = async (text: string): Promise<string[]> => {
    const error = await load(text).then(
      () => new Error('it was accepted'),
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(StartError)
    return (error as StartError).lines.map((line) => line.replace(`${directory}/`, ''))
  }

  it('is read whole, with defaults that never widen', async () => {
    const environment = await load(good)
    expect(environment).toMatchObject({
      environment: 'staging',
      read_only: false,
      policyVersion: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
    expect(environment.roles['reader']).toMatchObject({ resources: [], mask: [], read_only: true })
    expect(environment.http.allowed_hosts).toEqual([])
  })

  it.each<[string, string, string, RegExp]>([
    ['a misspelt section', '\nroles:', '\nrolles:', /^e\.yaml:6: there is no "rolles"\. Did you mean "roles"\?$/m],
    [
      'a misspelt role key',
      'purposes:',
      'purpose:',
      /^e\.yaml:8: there is no "roles\.reader\.purpose"\. Did you mean "purposes"\?$/m,
    ],
    [
      'a misspelt tool',
      'get_note]',
      'get_not]',
      /^e\.yaml:9: roles\.reader\.tools\.1 "get_not" .*Did you mean "get_note"\?$/m,
    ],
    [
      'yess for true',
      'read_only: true',
      'read_only: yess',
      /^e\.yaml:11: roles\.reader\.read_only "yess" is not valid: it must be true or false\. Did you mean "true"\?$/m,
    ],
    [
      'a row attribute that does not exist',
      'project: {',
      'projekt: {',
      /^e\.yaml:10: there is no "roles\.reader\.rows\.projekt"\. Did you mean "project"\?$/m,
    ],
    ['tenant as a row rule', 'project: {', 'tenant: {', /^e\.yaml:10: there is no "roles\.reader\.rows\.tenant"/m],
    [
      'a missing audience',
      '  audience: https://notes.example.com/mcp\n',
      '',
      /^e\.yaml:2: identity\.audience: audience is missing/m,
    ],
    ['an audience without https', 'https://notes.', 'http://notes.', /^e\.yaml:3: identity\.audience/m],
    ['no issuers', /\n {2}issuers: .*/.exec(good)?.[0] ?? '', '', /^e\.yaml:2: identity\.issuers: issuers is missing/m],
    [
      'an unknown environment',
      'staging',
      'stage',
      /^e\.yaml:1: environment "stage" is not valid: .*Did you mean "staging"\?$/m,
    ],
    ['missing rows', '    rows: { project: { in: $projects } }\n', '', /^e\.yaml:7: roles\.reader\.rows is missing/m],
    ['a key twice', 'backend:', 'environment: staging\nbackend:', /^e\.yaml:12: this is not valid YAML: .*unique/m],
    ['broken YAML', '{ kind: local }', '{ kind: local', /^e\.yaml:\d+: this is not valid YAML/m],
    ['an alias', '[whoami, get_note]', '&a [whoami, get_note]\n    mask: *a', /anchors and aliases/],
    [
      'empty rows',
      '{ project: { in: $projects } }',
      '{}',
      /^e\.yaml:10: roles\.reader\.rows is not valid: all, or at least one/m,
    ],
    ['a tag', '[whoami, get_note]', '!!seq [whoami, get_note]', /^e\.yaml:9: .*tags are not allowed/m],
    [
      'a tagged key',
      '    tools:',
      '    !!binary dG9vbHM=: all\n    tools:',
      /^e\.yaml:9: .*(?:tags are not allowed|a key must be plain text)/m,
    ],
    [
      'a directive',
      'environment: staging',
      '%YAML 1.1\n---\nenvironment: staging',
      /^e\.yaml:1: .*directives are not allowed/m,
    ],
    ['a key that is a number', 'backend:', '7: x\nbackend:', /^e\.yaml:12: .*a key must be plain text/m],
    ['a merge key', 'backend:', '<<: {read_only: false}\nbackend:', /there is no "<<"/],
  ])('with %s does not start, and says where and what to write', async (_case, from, to, expected) => {
    expect(good).toContain(from)
    expect((await faults(good.replace(from, to))).join('\n')).toMatch(expected)
  })

  it('names local principals in development only', async () => {
    const local = good.replace(
      'identity:\n',
      'identity:\n  local: { default: ana, principals: { ana: { tenant: acme, roles: [reader] } } }\n',
    )
    expect((await faults(local)).join('\n')).toMatch(
      /^e\.yaml:3: identity\.local: local principals are for development only/m,
    )
    expect((await load(local.replace('staging', 'development'))).identity.local?.default).toBe('ana')
  })

  it('names a role that a local principal has and the file has not', async () => {
    const ghost = `environment: development\nidentity: { local: { principals: { ana: { tenant: acme, roles: [reeder] } } } }\n${good.slice(good.indexOf('roles:\n  reader'))}`
    expect((await faults(ghost)).join('\n')).toMatch(/principal ana has the role "reeder".*Did you mean "reader"\?/)
  })

  const asking = (by: string, kind = ', kind: kind') =>
    `${good.replace('roles: groups', `roles: groups${kind}`)}approvals: { write_note: { by: [reader, ${by}] } }\n`

  it('names a role that may approve and that the file has not', async () => {
    expect(await faults(asking('reeder'))).toEqual([
      'e.yaml:13: approvals.write_note.by has the role "reeder", which this file does not define. Did you mean "reader"?',
    ])
    expect(await faults(asking('constructor'))).toHaveLength(1)
  })

  it('asks how people are told from machines where a person approves what comes with tokens', async () => {
    expect((await load(asking('reader'))).identity.claims.kind).toBe('kind')
    expect((await faults(asking('reader', ''))).join()).toMatch(/^e\.yaml:5: identity\.claims\.kind is missing: /)
    const withoutClaims = asking('reader', '').replace(/ {2}claims: .*\n/, '')
    expect((await faults(withoutClaims)).join()).toMatch(/^e\.yaml:2: identity\.claims\.kind is missing: /)
    const local = asking('reader', '')
      .replace('staging', 'development')
      .replace(/identity:[\s\S]*?\n(?=roles:)/, '')
    expect((await load(local)).identity.issuers).toEqual([])
  })

  it('shows all faults at once, in the order of the file', async () => {
    const lines = await faults(
      good.replace('purposes:', 'purpose:').replace('get_note]', 'get_not]').replace('backend', 'bakend'),
    )
    const numbers = lines.map((line) => Number(line.split(':')[1]))
    expect(lines.length).toBeGreaterThanOrEqual(4)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('never repeats a value that could be a secret', async () => {
    const secret = 'hunter2-very-long-secret-value'
    const lines = await faults(
      good.replace('backend: { kind: local }', `backend: { kind: local }\nstore: { kind: postgres, url: ${secret} }`),
    )
    expect(lines.join('\n')).not.toContain(secret)
    expect(lines.join('\n')).toMatch(/store\.url/)
  })

  it('that does not exist is named', async () => {
    await expect(loadEnvironment('/nowhere/e.yaml', notesServer as unknown as ServerDefinition)).rejects.toThrow(
      '/nowhere/e.yaml: the environment file does not exist. POSTERN_ENVIRONMENT must name one.',
    )
  })
})
