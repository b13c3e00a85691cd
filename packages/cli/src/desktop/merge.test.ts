import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'
import type { DesktopEntry } from './entries.ts'
import { merge } from './merge.ts'

const file = '/home/ana/claude_desktop_config.json'
const entry: DesktopEntry = {
  command: '/opt/node/bin/node',
  args: ['/srv/postern/servers/tickets/dist/main.mjs'],
  // It exists: what stands in an entry counts as a person's own choice as long as the file is there.
  env: { POSTERN_ENVIRONMENT: import.meta.filename },
}
const entries = { 'postern-tickets': entry }
const merged = (text: string) => merge(file, text, entries)

describe('merge', () => {
  it.each(['', '  \n', '\uFEFF', '{}', '{\n}\n', '{ "mcpServers": {} }'])('adds our entry to %j', (text) => {
    const { text: after, added, changed } = merged(text)
    expect(JSON.parse(after.replace(/^\uFEFF/, ''))).toEqual({ mcpServers: entries })
    expect({ added, changed }).toEqual({ added: ['postern-tickets'], changed: [] })
    expect(after.startsWith('\uFEFF')).toBe(text.startsWith('\uFEFF'))
  })

  it('writes the way the file is written', () => {
    const text = '{\r\n\t"theme": "dark",\r\n\t"mcpServers": {\r\n\t\t"other": { "command": "x" }\r\n\t}\r\n}\r\n'
    expect(merged(text).text).toBe(
      [
        '{',
        '\t"theme": "dark",',
        '\t"mcpServers": {',
        '\t\t"other": { "command": "x" },',
        '\t\t"postern-tickets": {',
        '\t\t\t"command": "/opt/node/bin/node",',
        '\t\t\t"args": [',
        '\t\t\t\t"/srv/postern/servers/tickets/dist/main.mjs"',
        '\t\t\t],',
        '\t\t\t"env": {',
        `\t\t\t\t"POSTERN_ENVIRONMENT": ${JSON.stringify(import.meta.filename)}`,
        '\t\t\t}',
        '\t\t}',
        '\t}',
        '}',
        '',
      ].join('\r\n'),
    )
  })

  it('leaves every byte of others alone, numbers and order included', () => {
    const others = '"z": 12345678901234567890, "1": 1.0e2,\n  "a": "\\u00e9", "nested": {"mcpServers": {"trap": 1}}'
    const text = `{ ${others},\n  "mcpServers": {"b": {"command": "b"},   "a": {}} }`
    const after = merged(text).text
    expect(after).toContain(others)
    expect(after).toContain('"b": {"command": "b"},   "a": {}')
    expect(Object.keys((JSON.parse(after) as { mcpServers: object }).mcpServers)).toEqual(['b', 'a', 'postern-tickets'])
  })

  it('changes nothing the second time', () => {
    const { text } = merged('{}')
    expect(merged(text)).toEqual({ text, added: [], changed: [] })
  })

  it('brings paths up to date and keeps what a person has set', () => {
    const own = {
      command: 'old',
      args: [],
      env: { POSTERN_PURPOSE: 'audit', POSTERN_ENVIRONMENT: import.meta.filename },
      disabled: true,
    }
    const { text, changed } = merged(JSON.stringify({ mcpServers: { 'postern-tickets': own } }))
    expect(changed).toEqual(['postern-tickets'])
    expect(JSON.parse(text)).toEqual({
      mcpServers: { 'postern-tickets': { ...entry, env: { ...own.env }, disabled: true } },
    })
  })

  it('replaces an environment file that does not exist any more', () => {
    const env = { POSTERN_ENVIRONMENT: '/gone/development.yaml', POSTERN_PURPOSE: 'audit' }
    const { text } = merged(JSON.stringify({ mcpServers: { 'postern-tickets': { ...entry, env } } }))
    expect(JSON.parse(text)).toEqual({
      mcpServers: { 'postern-tickets': { ...entry, env: { ...env, POSTERN_ENVIRONMENT: import.meta.filename } } },
    })
  })

  it.each([
    ['{\n  "mcpServers": {\n    "a": {},\n  }\n}', 'line 4, column 3'],
    ['{\n  // mine\n}', 'line 2, column 3'],
    ['{"a": 1, "a": 2}', 'line 1, column 10'],
    ['[]', 'does not hold a JSON object'],
    ['{"mcpServers": []}', '"mcpServers" is not an object'],
    ['{"mcpServers": null}', '"mcpServers" is not an object'],
  ])('refuses %j and says why', (text, reason) => {
    expect(() => merged(text)).toThrow(CliError)
    expect(() => merged(text)).toThrow(reason)
    expect(() => merged(text)).toThrow(file)
  })
})
