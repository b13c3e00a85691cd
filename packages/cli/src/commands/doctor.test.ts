import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { environmentWith, repository, startHttp, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { capturedTerminal } from '../captured-terminal.ts'
import { main } from '../run.ts'

const development = join(repository, 'servers/tickets/environments/development.yaml')

describe('postern doctor', () => {
  let directory: TemporaryDirectory

  beforeEach(() => {
    directory = temporaryDirectory()
    vi.stubEnv('POSTERN_DATA', join(directory.path, 'data'))
    vi.stubEnv('POSTERN_ENVIRONMENT', development)
    vi.stubEnv('POSTERN_PORT', '0')
    vi.stubEnv('POSTERN_OPS_PORT', '0')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    directory.remove()
  })

  async function doctor(...args: string[]) {
    const terminal = capturedTerminal()
    return { code: await main(['doctor', ...args], terminal), out: terminal.out, err: terminal.err }
  }

  it('finds nothing wrong with a fresh checkout', async () => {
    const { code, out } = await doctor('tickets')
    expect(out).toContain('Nothing is wrong.')
    expect(code).toBe(0)
    for (const what of ['Node.js', 'bundle', 'environment file', 'store', 'HTTP port'])
      expect(out).toMatch(new RegExp(`✓ ${what}`))
  })

  it('says what is wrong with an environment file, and where', async () => {
    const file = join(directory.path, 'wrong.yaml')
    vi.stubEnv('POSTERN_ENVIRONMENT', environmentWith(development, { storre: { kind: 'sqlite' } }, file))
    const { code, out } = await doctor('tickets')
    expect(code).toBe(1)
    expect(out).toMatch(/✗ .*wrong\.yaml:\d+: .*"storre".*Did you mean "store"\?/)
    expect(out).toContain('1 thing is wrong')
  })

  it('says so when the data directory cannot be written', async () => {
    // A file in its place: root, as which tests may run, could write anywhere else.
    writeFileSync(join(directory.path, 'data'), '')
    const { code, out } = await doctor('tickets')
    expect(code).toBe(1)
    expect(out).toMatch(/✗ .*POSTERN_DATA/)
  })

  it('tells a port that another program has from one that a running server of ours has', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    const server = await startHttp({ server: 'tickets', environment: development })
    try {
      vi.stubEnv('POSTERN_PORT', String((other.address() as AddressInfo).port))
      vi.stubEnv('POSTERN_OPS_PORT', server.operations.port)
      const { code, out } = await doctor('tickets')
      expect(code).toBe(1)
      expect(out).toMatch(/✗ HTTP port .*taken by another program.*POSTERN_PORT/)
      expect(out).toMatch(/✓ operations port .*running tickets/)
    } finally {
      other.close()
      await server.kill()
    }
  })

  it('examines every server there is', async () => {
    vi.stubEnv('POSTERN_ENVIRONMENT', undefined)
    const { code, out } = await doctor()
    for (const server of readdirSync(join(repository, 'servers'))) {
      if (!existsSync(join(repository, 'servers', server, 'package.json'))) continue
      expect(out).toContain(`\n${server}\n  ✓ bundle `)
      expect(out).toContain(join('servers', server, 'environments', 'development.yaml'))
    }
    expect(out).toContain('Nothing is wrong.')
    expect(code).toBe(0)
  })

  it('asks which server is meant when the environment file can only be of one', async () => {
    const { code, err } = await doctor()
    expect(code).toBe(2)
    expect(err).toContain('Name that server')
  })

  it('names the server that was meant', async () => {
    expect(await doctor('tikets')).toMatchObject({
      code: 2,
      err: 'There is no server "tikets". Did you mean "tickets"?\n',
    })
  })
})
