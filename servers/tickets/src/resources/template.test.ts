import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTickets, outcome, type TicketsHost } from '../../test/tickets-host.ts'
import { template } from './template.ts'

let tickets: TicketsHost
beforeAll(async () => {
  tickets = await openTickets()
})
afterAll(() => tickets.close())

describe('template://{project}/{id}', () => {
  it('reads the form of one kind of ticket', async () => {
    expect(await tickets.read('template://OPS/change')).toMatchInlineSnapshot(`
      {
        "template": {
          "default_labels": [
            "change",
          ],
          "default_priority": "P3",
          "project_key": "OPS",
          "required_sections": [
            "reason",
            "plan",
            "rollback",
          ],
          "template_id": "change",
          "untrusted": {
            "body": "## Reason

      ## Plan

      ## Rollback

      ## Risk

      ## Checklist
      - [ ] I searched for tickets about the same thing
      - [ ] The service owner agreed to the date",
            "name": "Change request",
          },
        },
      }
    `)
  })

  it.each(['template://PAY/bug', 'template://NOPE/bug', 'template://OPS/nope', 'template://WEB/incident'])(
    'answers for %s as if there were none',
    async (uri) => {
      expect(outcome(await tickets.read(uri))).toBe('NOT_FOUND/absent')
    },
  )

  it.each([
    'template://OPS',
    'template://OPS/bug/x',
    'template://OPS/bug?x=1',
    'template://../bug',
    'ticket://OPS/bug',
  ])('does not take %s for one of its own', (uri) => {
    expect(template.match(uri)).toBeUndefined()
  })

  it('lists the templates of the caller’s projects and no others', async () => {
    const { runtime, principal } = tickets.host
    const list = async (as: string) => {
      const reply = await runtime.call({
        target: template.listing ?? template,
        input: {},
        principal: principal(as),
        client: { transport: 'internal', era: 'internal' },
        signal: new AbortController().signal,
      })
      const { resources } = reply.data as { resources: { uri: string }[] }
      return resources.map(({ uri }) => uri)
    }
    expect(await list('support')).toEqual([
      ...['bug', 'change', 'incident', 'request'].map((id) => `template://OPS/${id}`),
      ...['bug', 'request'].map((id) => `template://WEB/${id}`),
    ])
    expect(await list('duty-manager')).toHaveLength(4)
  })
})
