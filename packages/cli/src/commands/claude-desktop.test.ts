import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { capturedTerminal } from '../captured-terminal.ts'
import { desktopConfigFile } from '../desktop/config-file.ts'
import { main } from '../run.ts'

describe('postern claude-desktop', () => {
  let directory: TemporaryDirectory
  let config: string

  beforeEach(() => {
    directory = temporaryDirectory()
    config = join(directory.path, 'claude_desktop_config.json')
  })
  afterEach(() => directory.remove())

  async function postern(...args: string[]) {
    const terminal = capturedTerminal()
    return { code: await main(['claude-desktop', ...args], terminal), out: terminal.out, err: terminal.err }
  }

  it('prints entries that work from any folder: absolute paths to files that exist', async () => {
    const { code, out, err } = await postern('--config', config)
    expect(code).toBe(0)
    const { mcpServers } = JSON.parse(out) as { mcpServers: Record<string, never> }
    const { command, args, env } = mcpServers['postern-tickets'] as unknown as {
      command: string
      args: string[]
      env: Record<string, string>
    }
    expect(command).toBe(process.execPath)
    for (const path of [command, args[0] ?? '', env['POSTERN_ENVIRONMENT'] ?? '']) {
      expect(isAbsolute(path)).toBe(true)
      expect(existsSync(path)).toBe(true)
    }
    expect(err).toContain(config)
    expect(existsSync(config)).toBe(false)
  })

  it('merges what it prints, keeps a copy, and has nothing to do the second time', async () => {
    const before = '{\n    "theme": "dark",\n    "mcpServers": { "other": { "command": "x" } }\n}\n'
    writeFileSync(config, before)
    const first = await postern('--write', '--config', config)
    expect(first).toMatchObject({ code: 0 })
    expect(first.out).toMatch(/added: .*postern-tickets/)
    const printed = JSON.parse((await postern()).out) as { mcpServers: object }
    expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({
      theme: 'dark',
      mcpServers: { other: { command: 'x' }, ...printed.mcpServers },
    })
    const [copy] = readdirSync(directory.path).filter((name) => name.endsWith('.bak'))
    expect(readFileSync(join(directory.path, copy ?? ''), 'utf8')).toBe(before)

    expect((await postern('--write', '--config', config)).out).toContain('nothing was changed')
    expect(readdirSync(directory.path)).toHaveLength(2)
  })

  it('touches nothing when the file is not valid JSON, and says where', async () => {
    const broken = '{\n  "mcpServers": {\n  },\n}\n'
    writeFileSync(config, broken)
    const { code, err } = await postern('--write', '--config', config)
    expect(code).toBe(1)
    expect(err).toContain('line 4, column 1')
    expect(readFileSync(config, 'utf8')).toBe(broken)
    expect(readdirSync(directory.path)).toEqual(['claude_desktop_config.json'])
  })

  it('makes the file where Claude Desktop has a folder, and says so where it has none', async () => {
    expect((await postern('--write', '--config', config)).out).toContain('Made ')
    const { code, err } = await postern('--write', '--config', join(directory.path, 'none', 'config.json'))
    expect(code).toBe(1)
    expect(err).toContain('is Claude Desktop installed?')
  })

  it.each([
    ['darwin', { HOME: '/Users/ana' }, '/Users/ana/Library/Application Support/Claude/claude_desktop_config.json'],
    ['win32', { APPDATA: '/appdata' }, '/appdata/Claude/claude_desktop_config.json'],
    ['linux', { HOME: '/home/ana' }, '/home/ana/.config/Claude/claude_desktop_config.json'],
    ['linux', { HOME: '/home/ana', XDG_CONFIG_HOME: '/x' }, '/x/Claude/claude_desktop_config.json'],
  ] as const)('knows the place on %s', (platform, env, expected) => {
    expect(desktopConfigFile(env, platform)).toBe(expected)
  })
})
