import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, repository, startStdio, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { capturedTerminal } from '../captured-terminal.ts'
import { main } from '../run.ts'

describe('postern import', () => {
  let directory: TemporaryDirectory

  beforeEach(() => {
    directory = temporaryDirectory()
    vi.stubEnv('POSTERN_DATA', join(directory.path, 'data'))
    vi.stubEnv('POSTERN_ENVIRONMENT', join(repository, 'servers/tickets/environments/development.yaml'))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    directory.remove()
  })

  async function postern(...args: string[]) {
    const terminal = capturedTerminal()
    return { code: await main(['import', ...args], terminal), out: terminal.out, err: terminal.err }
  }

  function file(name: string, text: string): string {
    writeFileSync(join(directory.path, name), text)
    return join(directory.path, name)
  }

  async function titles(): Promise<string> {
    const server = startStdio({
      server: 'tickets',
      data: join(directory.path, 'data'),
      env: { POSTERN_ENVIRONMENT: process.env['POSTERN_ENVIRONMENT'] ?? '' },
    })
    const client = await connect(server)
    const { text } = await client.callTool('search_tickets', { project_key: 'OPS', text: 'espresso' })
    await server.stop()
    return text
  }

  const header = 'project_key,title,description,priority,status'
  const good =
    'OPS,"Espresso machine, second floor, leaks",It leaks about half a litre of water every night since Monday.,P3,open'

  it('loads a CSV file, and the server finds what was in it', async () => {
    const { code, out, err } = await postern('tickets', file('mine.csv', `${header}\n${good}\n`), '--tenant', 'acme')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('1 tickets imported')
    expect(await titles()).toContain('Espresso machine, second floor, leaks')
  })

  it('loads nothing when one line is wrong, and names the line, the column and the problem', async () => {
    const bad = good.replace(',P3,', ',urgent,')
    const { code, out } = await postern('tickets', file('mine.csv', `${header}\n${good}\n${bad}\n`), '--tenant', 'acme')
    expect(code).toBe(1)
    expect(out).toContain('Nothing was imported')
    expect(out).toMatch(/line 3, priority: /)
    expect(await titles()).not.toContain('Espresso')
  })

  it('loads JSON', async () => {
    const [project_key, title, description, priority, status] = [
      'OPS',
      'Espresso machine leaks',
      'Half a litre of water every night since Monday morning.',
      'P3',
      'open',
    ]
    const text = JSON.stringify([{ project_key, title, description, priority, status }])
    expect(await postern('tickets', file('mine.json', text), '--tenant', 'acme')).toMatchObject({ code: 0 })
    expect(await titles()).toContain('Espresso machine leaks')
  })

  it.each([
    [[], 2, /There are: .*tickets/],
    [['tikets', 'x.csv'], 2, 'Did you mean "tickets"?'],
    [['tickets'], 2, 'project_key'],
    [['tickets', 'none.csv', '--tenant', 'acme'], 1, 'none.csv does not exist'],
    [['tickets', 'none.csv'], 1, '--tenant'],
  ])('answers %j with exit %i and says what to do', async (args, code, hint) => {
    const answered = await postern(...args)
    expect(answered.code).toBe(code)
    expect(answered.err).toMatch(hint)
  })
})
