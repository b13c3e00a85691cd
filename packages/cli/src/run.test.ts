import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { temporaryDirectory } from '@postern/testing'
import { describe, expect, it } from 'vitest'
import { capturedTerminal } from './captured-terminal.ts'
import { main } from './run.ts'

async function postern(...args: string[]) {
  const terminal = capturedTerminal()
  return { code: await main(args, terminal), out: terminal.out, err: terminal.err }
}

describe('postern', () => {
  it('lists its commands, on stderr with exit 2 when none is given', async () => {
    const asked = await postern('help')
    expect(asked).toMatchObject({ code: 0, err: '' })
    for (const name of ['demo', 'claude-desktop', 'doctor', 'import']) expect(asked.out).toContain(`  ${name}`)
    expect(await postern()).toMatchObject({ code: 2, out: '' })
    expect((await postern('--help')).out).toBe(asked.out)
  })

  it('explains a command', async () => {
    for (const args of [
      ['help', 'import'],
      ['import', '--help'],
      ['import', 'tickets', '-h'],
    ])
      expect((await postern(...args)).out).toContain('--tenant')
  })

  it('never ends a fault of its own as if it had found something', async () => {
    const terminal = capturedTerminal()
    const line = () => {
      throw new RangeError('Maximum call stack size exceeded')
    }
    expect(await main(['help', 'audit'], { ...terminal, line })).toBe(70)
    const directory = temporaryDirectory()
    const broken = 'process.stdout.write = () => setImmediate(() => { throw new Error("broken") })'
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${broken}`, join(import.meta.dirname, 'main.ts'), 'help', 'audit'],
      { encoding: 'utf8', env: { ...process.env, POSTERN_DATA: directory.path } },
    )
    directory.remove()
    expect({ status, stderr }).toEqual({
      status: 70,
      stderr: expect.stringContaining('stopped because of a fault of its own.\nError: broken'),
    })
  })

  it.each([
    [['doctr'], 'Did you mean "doctor"?'],
    [['claude_desktop'], 'Did you mean "claude-desktop"?'],
    [['frobnicate'], 'There are: demo, claude-desktop, doctor, import, '],
    [['claude-desktop', '--wirte'], 'Did you mean --write?'],
    [['claude-desktop', 'tickets'], 'one word too many'],
    [['claude-desktop', '--config'], '--config'],
    [['help', 'demmo'], 'Did you mean "demo"?'],
  ])('answers %j with exit 2 and a hint', async (args, hint) => {
    const { code, out, err } = await postern(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(hint)
  })
})
