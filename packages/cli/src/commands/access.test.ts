import { join } from 'node:path'
import { repository } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { postern } from '../../test/tickets.ts'

describe('postern access', () => {
  beforeEach(() => vi.stubEnv('POSTERN_ENVIRONMENT', join(repository, 'servers/tickets/environments/staging.yaml')))
  afterEach(() => vi.unstubAllEnvs())

  it('shows who may do what to which rows, in a few lines', async () => {
    const { code, out, err } = await postern('access', 'tickets')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('staging')
    expect(out).toMatch(/^support-agent +support +.*create_ticket \(write\).*project.*reporter_email$/m)
    expect(out).not.toMatch(/^incident-reader.*create_ticket/m)
  })

  it('writes a table for a document, and a line for each case for a spreadsheet', async () => {
    const markdown = await postern('access', 'tickets', '--format', 'markdown')
    expect(markdown.out).toMatch(/^\| role \| purpose \| may \| rows \| without \|\n\| --- \|/)
    const { out } = await postern('access', 'tickets', '--format', 'csv')
    const [head, ...lines] = out.trimEnd().split('\n')
    expect(head).toBe('role,purpose,kind,target,effect,allowed,rule,rows,masked')
    expect(lines).toContainEqual(expect.stringMatching(/^incident-reader,incident,tool,create_ticket,write,false,/))
    expect(lines).toContainEqual(expect.stringMatching(/^support-agent,support,resource,template,read,true,/))
  })

  it('says which rule decides a case, and why', async () => {
    const allowed = await postern('access', 'explain', 'tickets', '--as', 'support-agent', '--tool', 'create_ticket')
    expect(allowed.out).toMatch(/allowed by roles\.support-agent\n +role support-agent: .*60\/min/)
    const refused = await postern('access', 'tickets', 'explain', '--as', 'incident-reader', '--tool', 'create_ticket')
    expect(refused.out).toContain('refused by roles.incident-reader.read_only')
    expect(refused.out).toContain('not listed')
    const purpose = ['--as', 'support-agent', '--tool', 'get_ticket', '--purpose', 'marketing']
    expect((await postern('access', 'explain', 'tickets', ...purpose)).out).toContain(
      'refused by roles.support-agent.purposes',
    )
  })

  it.each([
    [['tikets'], 2, 'Did you mean "tickets"?'],
    [[], 2, 'Name a server'],
    [['tickets', '--format', 'cvs'], 2, 'Did you mean "csv"?'],
    [['tickets', '--as', 'support-agent'], 2, 'belong to access explain'],
    [['explain', 'tickets', '--as', 'support-agent'], 2, 'needs --as and --tool'],
    [['explain', 'tickets', '--as', 'suport-agent', '--tool', 'whoami'], 1, 'Did you mean "support-agent"?'],
    [['explain', 'tickets', '--as', 'support-agent', '--tool', 'creat_ticket'], 1, 'Did you mean "create_ticket"?'],
  ])('answers %j with exit %i and says what to do', async (args, code, hint) => {
    const answered = await postern('access', ...args)
    expect({ code: answered.code, out: answered.out }).toEqual({ code, out: '' })
    expect(answered.err).toContain(hint)
  })
})
