import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  auditRecords,
  connect,
  environmentWith,
  filesHolding,
  type McpClient,
  repository,
  runBundle,
  type StdioServer,
  startStdio,
  type TemporaryDirectory,
  temporaryDirectory,
} from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

describe('who calls over stdio', () => {
  let place: TemporaryDirectory
  let data: string
  let file: string
  let tokenFile: string
  const running: StdioServer[] = []
  const tokens: string[] = []

  beforeAll(() => {
    place = temporaryDirectory()
    data = join(place.path, 'data')
    tokenFile = join(place.path, 'token')
    file = environmentWith(
      join(repository, 'servers/tickets/environments/development.yaml'),
      {
        'identity.clock_skew_s': 0,
        'limits.principal': '100000/min',
        'identity.local.principals.support.roles': ['support-agent', 'incident-reader'],
        'identity.local.principals.support.purposes': ['support', 'incident'],
        // A role for a purpose that it does not have.
        'identity.local.principals.narrow': {
          tenant: 'acme',
          roles: ['support-agent', 'incident-reader'],
          purposes: ['support'],
        },
      },
      join(place.path, 'development.yaml'),
    )
  })
  afterAll(async () => {
    await Promise.all(running.map((server) => server.kill()))
    place.remove()
  })

  function start(env: Record<string, string>, args: string[] = []): StdioServer {
    const server = startStdio({ server: 'tickets', data, args, env: { POSTERN_ENVIRONMENT: file, ...env } })
    running.push(server)
    return server
  }

  async function token(ttl: string): Promise<string> {
    const args = ['token', '--as', 'support', '--ttl', ttl]
    const { stdout } = await runBundle({ server: 'tickets', args, data, env: { POSTERN_ENVIRONMENT: file } })
    tokens.push(stdout.trim())
    return stdout.trim()
  }

  const credential = async (client: McpClient) => {
    const { structuredContent } = await client.callTool('whoami')
    return (structuredContent?.['identity'] as { credential: { id: string } } | undefined)?.credential.id
  }

  /** Calls until the server has seen the token and it has expired; the time of day is what is waited for. */
  async function refusal(client: McpClient) {
    for (;;) {
      const { error } = await client.callTool('whoami')
      if (error !== undefined) return error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('is told by a file that is read again when its token ends, and named when it has not been renewed', async () => {
    writeFileSync(tokenFile, `${await token('15min')}\n`)
    const client = await connect(start({ POSTERN_TOKEN_FILE: tokenFile }))
    const first = await credential(client)
    expect(first).toBeDefined()

    writeFileSync(tokenFile, await token('1s'))
    const expired = await refusal(client)
    expect(expired).toMatchObject({
      code: 'PERMISSION_DENIED',
      retryable: false,
      details: { reason: 'token_expired' },
      next_step: expect.stringContaining(tokenFile),
    })
    // A list has no place for a typed error; its message has to say it.
    await expect(client.listTools()).rejects.toThrow(tokenFile)

    writeFileSync(tokenFile, `${await token('15min')}\n`)
    const second = await credential(client)
    expect(second).toBeDefined()
    expect(second).not.toBe(first)
    await client.close()

    const trail = auditRecords(data).filter(({ phase }) => phase === 'auth_failure' || phase === 'read')
    expect(trail).toContainEqual(expect.objectContaining({ phase: 'read', credential: first }))
    expect(trail).toContainEqual(
      expect.objectContaining({
        phase: 'auth_failure',
        error: { code: 'PERMISSION_DENIED', reason: 'token_expired' },
        target: expect.objectContaining({ name: 'whoami' }),
      }),
    )
  })

  it.each([
    ['does not exist', undefined],
    ['is empty', ''],
    ['holds no token', 'no token at all'],
  ])('is nobody when the file %s, and the file is named', async (_what, content) => {
    const path = join(place.path, `file-${content?.length}`)
    if (content !== undefined) writeFileSync(path, content)
    const client = await connect(start({ POSTERN_TOKEN_FILE: path }))
    const { error } = await client.callTool('whoami')
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', details: { reason: 'token_invalid' } })
    expect(error?.next_step).toContain(path)
    await client.close()
  })

  it('is told by a variable, which a refusal names', async () => {
    const client = await connect(start({ POSTERN_TOKEN: await token('1s') }))
    const expired = await refusal(client)
    expect(expired).toMatchObject({ details: { reason: 'token_expired' } })
    expect(expired.next_step).toContain('POSTERN_TOKEN')
    await client.close()
  })

  it('cannot be told twice, or on the command line', async () => {
    const secret = await token('15min')
    const twice = start({ POSTERN_TOKEN: secret, POSTERN_TOKEN_FILE: tokenFile })
    expect(await twice.ended()).toMatchObject({ code: 1 })
    expect(twice.stderr.text).toContain('POSTERN_TOKEN and POSTERN_TOKEN_FILE are both set')
    for (const args of [[`--token=${secret}`], ['--token', secret], [secret]]) {
      const refused = start({}, args)
      expect(await refused.ended()).toMatchObject({ code: 1 })
      expect(refused.stdout.text).toBe('')
      expect(refused.stderr.text).not.toContain(secret.slice(0, 30))
    }
  })

  it('may act for one of its purposes only, and for no other', async () => {
    const create = {
      project_key: 'OPS',
      title: 'Badge reader at gate 4 is dead',
      idempotency_key: 'purpose-0123456789',
    }
    const both = await connect(start({ POSTERN_PRINCIPAL: 'support' }))
    expect((await both.listTools()).map(({ name }) => name)).toContain('create_ticket')
    await both.close()

    const incident = await connect(start({ POSTERN_PRINCIPAL: 'support', POSTERN_PURPOSE: 'incident' }))
    expect((await incident.listTools()).map(({ name }) => name)).not.toContain('create_ticket')
    expect((await incident.callTool('whoami')).structuredContent?.['identity']).toMatchObject({
      purposes: ['incident'],
    })
    expect((await incident.callTool('create_ticket', create)).error).toMatchObject({ code: 'PERMISSION_DENIED' })
    await incident.close()
    expect(auditRecords(data).filter(({ phase }) => phase === 'denied')).toContainEqual(
      expect.objectContaining({ purposes: ['incident'] }),
    )

    const wider = await connect(start({ POSTERN_PRINCIPAL: 'narrow', POSTERN_PURPOSE: 'incident' }))
    expect((await wider.callTool('whoami')).error).toMatchObject({
      code: 'PERMISSION_DENIED',
      details: { reason: 'purpose' },
    })
    await wider.close()
  })

  it('is never written down: no log, no argument, no record, no store holds a token', () => {
    expect(tokens.length).toBeGreaterThan(3)
    for (const token of tokens)
      for (const secret of token.split('.').slice(1)) {
        for (const { stderr, child } of running) {
          expect(stderr.text.includes(secret)).toBe(false)
          // One of the tests above puts one there, and is refused.
          if (child.exitCode !== 1) expect(child.spawnargs.join(' ').includes(secret)).toBe(false)
        }
        expect(filesHolding(data, secret)).toEqual([])
      }
  })
})
