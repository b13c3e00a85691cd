import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { bundleOf, startHttp, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { postern, talk, urgent, withApprovals } from '../../test/tickets.ts'

describe('postern approvals', () => {
  let directory: TemporaryDirectory
  let environment: string
  let data: string

  beforeEach(() => {
    directory = temporaryDirectory()
    data = join(directory.path, 'data')
    environment = withApprovals(directory.path)
    vi.stubEnv('POSTERN_DATA', data)
    vi.stubEnv('POSTERN_ENVIRONMENT', environment)
    for (const name of ['POSTERN_TOKEN', 'POSTERN_TOKEN_FILE', 'POSTERN_PRINCIPAL']) vi.stubEnv(name, undefined)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    directory.remove()
  })

  const call = (more: object = {}) =>
    talk({ data, environment }, (client) => client.callTool('create_ticket', { ...urgent, ...more }))
  const idIn = (text: string) => /apr_[\w-]+/.exec(text)?.[0] ?? ''

  /** As the development issuer of this data directory signs it. */
  function tokenFile(as: string): string {
    const file = join(directory.path, `${as}.token`)
    writeFileSync(file, execFileSync(process.execPath, [bundleOf('tickets'), 'token', '--as', as]))
    return file
  }

  describe('in the store of a server on this machine', () => {
    it('shows what waits, and lets somebody else approve it once', async () => {
      expect((await postern('approvals', 'tickets', 'list')).out).toBe('Nothing waits for you at tickets.\n')
      const id = idIn((await call()).text)

      const listed = await postern('approvals', 'list', 'tickets', '--as', 'duty-manager')
      expect(listed.code).toBe(0)
      for (const shown of [id, 'pending', 'asked by support', 'priority "P0"', 'expires'])
        expect(listed.out).toContain(shown)
      expect(listed.err).toContain('approvals tickets approve <id> --as duty-manager')

      const own = await postern('approvals', 'tickets', 'approve', id)
      expect(own).toMatchObject({ code: 1, out: '' })
      expect(own.err).toContain('Only someone with role incident-reader')

      const approved = await postern('approvals', 'tickets', 'approve', id, '--as', 'duty-manager')
      expect(approved.code).toBe(0)
      expect(approved.out).toMatch(/decision +by duty-manager/)
      expect(approved.err).toContain('same idempotency_key')
      expect((await call()).isError).toBe(false)

      const again = await postern('approvals', 'tickets', 'approve', id, '--as', 'duty-manager')
      expect(again).toMatchObject({ code: 1, out: '' })
      expect(again.err).toContain('decided before')
      expect((await postern('approvals', 'tickets', 'show', id)).out).toMatch(/used +20\d\d-/)
    })

    it('denies for a reason that the caller is told', async () => {
      const id = idIn((await call()).text)
      const denied = await postern(
        ...['approvals', 'tickets', 'deny', id, '--because', 'too_risky', '--as', 'duty-manager', '--json'],
      )
      expect(denied).toMatchObject({ code: 0, err: '' })
      expect(JSON.parse(denied.out)).toMatchObject({
        approval_id: id,
        state: 'denied',
        decision: { because: 'too_risky' },
      })
      expect((await call()).text).toContain('too risky')
      expect((await postern('approvals', 'tickets', 'list', '--state', 'all')).out).toContain('denied')
    })
  })

  describe('over HTTP', () => {
    it('decides with a token of one’s own, and without any access to the store', async () => {
      const id = idIn((await call()).text)
      const token = tokenFile('duty-manager')
      const server = await startHttp({ server: 'tickets', data, environment })
      vi.stubEnv('POSTERN_DATA', '/nowhere')
      vi.stubEnv('POSTERN_ENVIRONMENT', '/nowhere')
      try {
        const at = ['--server', server.url.href]
        const listed = await postern('approvals', 'list', ...at, '--token-file', token)
        expect(listed.code).toBe(0)
        expect(listed.out).toContain(id)

        // Who asked is let in without a token in development, sees the request, and may not decide it.
        expect((await postern('approvals', 'show', id, ...at)).out).toContain('asked by    support')
        const own = await postern('approvals', 'approve', id, ...at)
        expect(own).toMatchObject({ code: 1, out: '' })
        expect(own.err).toContain('Ask someone else with role incident-reader')

        vi.stubEnv('POSTERN_TOKEN_FILE', token)
        const approved = await postern('approvals', 'approve', id, ...at)
        expect(approved.code).toBe(0)
        expect(approved.out).toMatch(/approved[\s\S]*decision +by duty-manager/)
        expect((await postern('approvals', 'show', 'apr_none', ...at)).err).toContain('no such approval')
      } finally {
        await server.kill()
      }
      expect((await call()).isError).toBe(false)
    })

    it('says whose fault it is when a token is not accepted, and never prints it', async () => {
      const server = await startHttp({ server: 'tickets', data, environment })
      try {
        vi.stubEnv('POSTERN_TOKEN', 'not-a-token')
        const { code, out, err } = await postern('approvals', 'list', '--server', server.url.origin)
        expect({ code, out }).toEqual({ code: 1, out: '' })
        expect(err).toContain('does not accept this token')
        expect(err).not.toContain('not-a-token')
      } finally {
        await server.kill()
      }
    })
  })

  describe('with a server that is not what it seems', () => {
    type Answer = (request: IncomingMessage, response: ServerResponse) => void
    async function pretender(answer: Answer) {
      const seen: IncomingMessage[] = []
      const server = createServer((request, response) => {
        seen.push(request)
        answer(request, response)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      return {
        seen,
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        [Symbol.dispose]: () => void server.close(),
      }
    }

    it('prints what could fool a terminal as escapes', async () => {
      const hostile = '\u001b[2J\u009b31m\u202eevil\r\nSecond line'
      const approval = {
        approval_id: `apr_1${hostile}`,
        state: 'pending\u001b[1A',
        summary: hostile,
        requester: { issuer: 'x', subject: hostile },
        approvers: [hostile],
        requested_at: hostile,
        expires_at: hostile,
        digest: hostile,
        tool: hostile,
      }
      using server = await pretender((request, response) =>
        response.end(JSON.stringify(request.url?.includes('?') ? { approvals: [approval] } : approval)),
      )
      for (const args of [['list'], ['show', 'apr_1'], ['list', '--json'], ['show', 'apr_1', '--json']]) {
        const { code, out } = await postern('approvals', ...args, '--server', server.url)
        expect(code).toBe(0)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone
        expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
        expect(out).toContain('\\u001b[2J')
      }
    })

    it('follows pages, and no redirect', async () => {
      vi.stubEnv('POSTERN_TOKEN', 'secret-token')
      using server = await pretender((request, response) => {
        if (request.url?.startsWith('/moved'))
          return response.writeHead(302, { location: `${server.url}/approvals` }).end()
        const last = request.url?.includes('cursor=next')
        return response.end(JSON.stringify({ approvals: [], ...(!last && { next_cursor: 'next' }) }))
      })
      expect((await postern('approvals', 'list', '--server', `${server.url}/mcp`)).code).toBe(0)
      expect(server.seen.map(({ url }) => url)).toEqual([
        '/approvals?limit=100&state=pending',
        '/approvals?limit=100&state=pending&cursor=next',
      ])
      expect(server.seen[0]?.headers.authorization).toBe('Bearer secret-token')
      expect(await postern('approvals', 'list', '--server', `${server.url}/moved`)).toMatchObject({ code: 1, out: '' })
      expect(server.seen).toHaveLength(3)
    })

    it('says that nobody answers', async () => {
      let url = ''
      {
        using server = await pretender(() => {})
        url = server.url
      }
      const { code, err } = await postern('approvals', 'list', '--server', url)
      expect({ code, err }).toEqual({ code: 1, err: `${url} did not answer: ECONNREFUSED.\n` })
    })

    it('says that the URL may be wrong', async () => {
      using server = await pretender((_request, response) => response.writeHead(404).end('\u001b[2Jnothing'))
      const { code, err } = await postern('approvals', 'list', '--server', server.url)
      expect(code).toBe(1)
      expect(err).toContain('answered 404: \\u001b[2Jnothing. Is this the URL of a Postern server?')
    })
  })

  it.each([
    [['list', '--server', 'http://tickets.example.com'], 2, 'is not encrypted'],
    [['list', '--server', 'tickets.example.com'], 2, 'is not a URL'],
    [['list', '--server', 'https://me:pw@tickets.example.com'], 2, 'without a user'],
    [['list', '--server', 'https://tickets.example.com', '--token-file', '/none'], 1, '/none does not exist'],
    [['list', '--server', 'http://127.0.0.1:1'], 1, 'did not answer: bad port'],
    [['aprove', 'x', '--server', 'http://127.0.0.1:1'], 2, 'Did you mean "approve"?'],
    [['tickets'], 2, 'Say what to do: list, show, approve, deny.'],
    [['tickets', 'approve'], 2, 'needs the id'],
    [['tikets', 'list'], 2, 'Did you mean "tickets"?'],
    [['list'], 2, 'Name a server.'],
    [['approve', 'apr_1'], 2, 'Say where: with --server <url>, or with the name of a server before the id.'],
    [['tickets', 'list', '--state', 'open'], 2, 'There are: pending'],
    [['tickets', 'deny', 'apr_1', '--because', 'boring'], 2, 'There are: wrong_data'],
    [['tickets', 'approve', 'apr_1', '--because', 'other'], 2, '--because belongs to deny'],
    [['tickets', 'show', 'apr_1', 'apr_2'], 2, 'one word too many'],
    [['tickets', 'show', 'apr_1', '--as', 'nobody'], 1, 'no local principal "nobody"'],
  ])('answers %j with exit %i and says what to do', async (args, code, hint) => {
    const answered = await postern('approvals', ...args)
    expect({ code: answered.code, out: answered.out }).toEqual({ code, out: '' })
    expect(answered.err).toContain(hint)
  })

  it('keeps a token that does not fit into a header to itself', async () => {
    vi.stubEnv('POSTERN_TOKEN', 'se cret\ntoken')
    const { code, err } = await postern('approvals', 'list', '--server', 'http://127.0.0.1:1')
    expect({ code, err }).toEqual({ code: 1, err: 'POSTERN_TOKEN does not hold one token.\n' })
  })
})
