import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Lines, repository, temporaryDirectory } from '@postern/testing'
import { beforeAll, describe, expect, it } from 'vitest'

const program = join(repository, 'packages/cli/dist/main.mjs')

/** The built program, as a person starts it: no terminal, and a place for temporary files of its own. */
function demo() {
  const directory = temporaryDirectory()
  const temporary = join(directory.path, 'tmp')
  mkdirSync(temporary)
  const run = spawnSync(process.execPath, [program, 'demo'], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary, HOME: directory.path, FORCE_COLOR: undefined, POSTERN_DATA: '/nowhere' },
    timeout: 60_000,
  })
  const left = readdirSync(temporary)
  directory.remove()
  return { ...run, left }
}

describe('postern demo', () => {
  let run: ReturnType<typeof demo>

  beforeAll(() => {
    run = demo()
  })

  it('comes out as expected in every step', () => {
    expect(run.stdout).toContain('all as expected')
    expect(run.stdout).not.toContain('✗')
    // What takes more than a second on a busy machine is announced there.
    expect(run.stderr.replace(/^.* …\n/gm, '')).toBe('')
    expect(run.status).toBe(0)
  })

  it('shows a search, a draft with issues, a corrected one, a creation and refusals', () => {
    for (const shown of [
      '→ search_tickets',
      'error · title',
      'no issues',
      '← OPS-',
      'PERMISSION_DENIED',
      'VALIDATION_ERROR',
      'kill -9',
      '"postern-tickets"',
    ])
      expect(run.stdout).toContain(shown)
  })

  it('shows an approval by somebody else, the replay of both writes, and the verified trail', () => {
    const { stdout } = run
    for (const shown of ['a support agent opens a ticket', 'an account manager wins a deal'])
      expect(stdout).toContain(shown)
    const scenes = stdout.split('customer-records: ').map((scene) => scene.split('To use these servers')[0] ?? '')
    expect(scenes).toHaveLength(2)
    for (const scene of scenes) {
      expect(scene).toMatch(/APPROVAL_REQUIRED[\s\S]*→ postern approvals \S+ approve apr_[\s\S]*decision: by /)
      expect(scene.match(/marked as a replay/g)).toHaveLength(2)
      expect(scene).toMatch(/→ postern audit verify \S+\n {4}← ✓ intact: \d\d+ records in \d chains/)
    }
  })

  it('is readable without colour at 100 columns', () => {
    expect(run.stdout).not.toContain('\u001b')
    const talk = run.stdout.slice(0, run.stdout.indexOf('To use these servers'))
    expect(talk.split('\n').filter((line) => line.length > 100 && !line.startsWith('Fresh data'))).toEqual([])
  })

  it('leaves nothing behind', () => {
    expect(run.left).toEqual([])
  })

  it.each(['SIGTERM', 'SIGINT', 'a closed pipe'])('leaves nothing behind when it is ended by %s', async (end) => {
    const directory = temporaryDirectory()
    const child = spawn(process.execPath, [program, 'demo'], {
      env: { ...process.env, TMPDIR: directory.path },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const exited = once(child, 'exit')
    // In the middle: data, and a server, are there by now.
    await new Lines(child.stdout).find((line) => line.includes('Look before you write'))
    expect(readdirSync(directory.path)).toHaveLength(1)
    if (end === 'a closed pipe') child.stdout.destroy()
    else child.kill(end as NodeJS.Signals)
    const [code] = await exited
    // As if the signal had ended it: of a closed pipe that is SIGPIPE.
    expect(code).toBe(end === 'a closed pipe' ? 141 : 130)
    expect(readdirSync(directory.path)).toEqual([])
    directory.remove()
  })
})
