import { join } from 'node:path'
import { connect, repository, startStdio, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { development, postern } from '../../test/tickets.ts'

describe('postern token', () => {
  let directory: TemporaryDirectory

  beforeEach(() => {
    directory = temporaryDirectory()
    vi.stubEnv('POSTERN_DATA', directory.path)
    vi.stubEnv('POSTERN_ENVIRONMENT', development)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    directory.remove()
  })

  it('prints a token and nothing else, which a server on the same data accepts', async () => {
    const { code, out, err } = await postern('token', 'tickets', '--as', 'developer', '--scopes', 'tickets:read')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const env = { POSTERN_ENVIRONMENT: development, POSTERN_TOKEN: out.trim() }
    const server = startStdio({ server: 'tickets', data: directory.path, env })
    const client = await connect(server)
    expect((await client.callTool('whoami')).structuredContent?.['identity']).toMatchObject({ subject: 'developer' })
    await server.stop()
  })

  it('is for development only', async () => {
    vi.stubEnv('POSTERN_ENVIRONMENT', join(repository, 'servers/tickets/environments/production.yaml'))
    const { code, out, err } = await postern('token', 'tickets', '--role', 'support-agent', '--tenant', 'acme')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('is for production: tokens are signed for development only')
  })

  it.each([
    [['tickets', '--as', 'suport'], 1, 'There are: support, developer'],
    [['tickets', '--role', 'support-agent'], 1, 'needs --tenant'],
    [['tickets', '--as', 'support', '--ttl', '2h'], 1, 'from 1s to 1h'],
    [['tickets', '--as', 'support', '--ttl', 'soon'], 1, 'from 1s to 1h'],
    [['tickets', '--as', 'support', '--purpose', 'marketing'], 1, 'a purpose of that principal: support'],
    [['tickets', '--fro', 'support'], 2, '--fro'],
    [['tikets'], 2, 'Did you mean "tickets"?'],
  ])('answers %j with exit %i and says what to do', async (args, code, hint) => {
    const answered = await postern('token', ...args)
    expect({ code: answered.code, out: answered.out }).toEqual({ code, out: '' })
    expect(answered.err).toContain(hint)
    expect(answered.err).not.toMatch(/^\s+at /m)
  })
})
