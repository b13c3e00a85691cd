import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { development, postern, talk, urgent } from '../../test/tickets.ts'

describe('postern writes', () => {
  let directory: TemporaryDirectory
  let data: string

  beforeEach(() => {
    directory = temporaryDirectory()
    data = join(directory.path, 'data')
    vi.stubEnv('POSTERN_DATA', data)
    vi.stubEnv('POSTERN_ENVIRONMENT', development)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    directory.remove()
  })

  const call = () => talk({ data, environment: development }, (client) => client.callTool('create_ticket', urgent))

  /** The embedded backend always knows; this is the state in which a vendor that does not answer leaves a write. */
  async function unknownWrite(): Promise<string> {
    expect((await call()).isError).toBe(false)
    const database = new DatabaseSync(join(data, 'development', 'tickets.db'))
    const row = database
      .prepare(
        `update idempotency_claims set state = 'unknown', outcome = 'unknown', code = 'UPSTREAM_TIMEOUT', recovery = 'none',
           reply = null, arguments = '{"title":"Robot \\u001b[2J stops"}', expires_at = null returning id`,
      )
      .get() as { id: string }
    database.close()
    return row.id
  }

  it('lists what is unknown, shows one, and settles it as executed', async () => {
    const nothing = await postern('writes', 'tickets', 'list')
    expect(nothing).toMatchObject({ code: 0, out: 'Every write of tickets has come to a known end.\n', err: '' })
    const id = await unknownWrite()

    const listed = await postern('writes', 'list', 'tickets')
    expect(listed.code).toBe(0)
    for (const shown of [id, 'unknown', 'create_ticket', 'support']) expect(listed.out).toContain(shown)

    const shown = await postern('writes', 'tickets', 'show', id)
    expect(shown.out).toMatch(/outcome +unknown, UPSTREAM_TIMEOUT/)
    expect(shown.out).toContain('\\u001b[2J')
    expect(shown.out).not.toContain('\u001b')

    const resolved = await postern(
      ...['writes', 'tickets', 'resolve', id, '--outcome', 'executed', '--note', 'seen as OPS-93 by ops'],
    )
    expect(resolved).toMatchObject({ code: 0, err: '\nSettled as executed.\n' })
    expect(resolved.out).toMatch(/done[\s\S]*note +seen as OPS-93 by ops/)
    expect((await call()).error).toMatchObject({ code: 'CONFLICT', details: { reason: 'exists' } })
    expect((await postern('audit', 'query', 'tickets', '--phase', 'outcome')).out).toContain('executed')

    const again = await postern('writes', 'tickets', 'resolve', id, '--outcome', 'executed', '--note', 'again')
    expect(again).toMatchObject({ code: 1, out: '', err: `Write ${id} is settled: executed. Nothing was changed.\n` })
  })

  it('gives a write that did not happen its key back', async () => {
    const id = await unknownWrite()
    const resolved = await postern(
      ...['writes', 'tickets', 'resolve', id, '--outcome=not_executed', '--note', 'not there', '--json'],
    )
    expect(resolved).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(resolved.out)).toMatchObject({ id })
    expect(JSON.parse((await postern('writes', 'tickets', 'list', '--json')).out)).toEqual([])
    expect((await call()).isError).toBe(false)
  })

  it.each([
    [['tickets', 'show', 'w-none'], 1, 'there is no write w-none'],
    [['tickets', 'show'], 2, 'needs the id'],
    [['tickets', 'resolve', 'w', '--outcome', 'maybe', '--note', 'x'], 2, 'There are: executed, not_executed'],
    [['tickets', 'resolve', 'w', '--outcome', 'executed'], 2, 'needs a --note'],
    [['tickets', 'reslove'], 2, 'Did you mean "resolve"?'],
    [['tikets', 'list'], 2, 'Did you mean "tickets"?'],
  ])('answers %j with exit %i and says what to do', async (args, code, hint) => {
    const answered = await postern('writes', ...args)
    expect({ code: answered.code, out: answered.out }).toEqual({ code, out: '' })
    expect(answered.err).toContain(hint)
  })
})
