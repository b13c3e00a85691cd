import { lostEffectOn } from '@postern/host/testing/backend'
import type { WriteContext } from '@postern/policy'
import { describe, expect, it } from 'vitest'
import { type Bench, proposal, ticket } from './bench.ts'

/** Reading and opening single tickets. */
export function ticketSuite(bench: () => Bench): void {
  describe('tickets.get', () => {
    it('gives a ticket of the tenant, whole', async () => {
      const created = await bench().ports.tickets.create(
        ticket({ template_id: 'bug', reporter_email: 'kim@acme.example' }),
        bench().writer(),
      )
      const found = await bench().ports.tickets.get(created.ticket_id, bench().reader())
      expect(found).toEqual(created)
      expect(found).toMatchObject({
        ...proposal,
        tenant: 'acme',
        status: 'open',
        template_id: 'bug',
        reporter_email: 'kim@acme.example',
      })
      expect(found?.url).toMatch(new RegExp(`/${created.ticket_id}$`))
    })

    it.each(['OPS-999999', 'NOPE-1', '', "' or 1=1 --", '%'])('gives nothing for %j', async (id) => {
      expect(await bench().ports.tickets.get(id, bench().reader())).toBeUndefined()
    })

    it('gives nothing of another tenant', async () => {
      const { ticket_id } = await bench().ports.tickets.create(ticket({ project_key: 'WEB' }), bench().writer())
      expect(await bench().ports.tickets.get(ticket_id, bench().reader('globex'))).toBeUndefined()
    })

    it('keeps every character of a text', async () => {
      const text = '\u202eعربي 日本語 👩🏽‍🚀 \\ % _ \' " ; -- \u001b[31m line\r\nend \u{e0041}'
      const { ticket_id } = await bench().ports.tickets.create(
        ticket({ title: text, acceptance_criteria: [text] }),
        bench().writer(),
      )
      expect(await bench().ports.tickets.get(ticket_id, bench().reader())).toMatchObject({
        title: text,
        acceptance_criteria: [text],
      })
    })
  })

  describe('tickets.create', () => {
    it('numbers tickets of a project one after the other, also at once', async () => {
      const made = await Promise.all(
        Array.from({ length: 8 }, () => bench().ports.tickets.create(ticket(), bench().writer())),
      )
      const numbers = made.map(({ ticket_id }) => Number(ticket_id.slice(4))).sort((a, b) => a - b)
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
    })

    it('refuses a project that does not exist, and of another tenant alike', async () => {
      await expect(
        bench().ports.tickets.create(ticket({ project_key: 'NOPE' }), bench().writer()),
      ).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await expect(bench().ports.tickets.create(ticket(), bench().writer(undefined, 'initech'))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    it('leaves neither ticket nor number nor used draft behind when the effect fails', async () => {
      const { draft_id } = await bench().draft({ title: 'A ticket that is never made' })
      const failing: WriteContext = {
        ...bench().writer(),
        effect: lostEffectOn(bench().under.store, 'failing'),
      }
      const before = await bench().ports.tickets.create(ticket(), bench().writer())
      await expect(
        bench().ports.tickets.create(ticket({ title: 'A ticket that is never made', draft_id }), failing),
      ).rejects.toThrow('lost')
      const after = await bench().ports.tickets.create(ticket(), bench().writer())
      expect(Number(after.ticket_id.slice(4))).toBe(Number(before.ticket_id.slice(4)) + 1)
      expect((await bench().search({ words: { match: 'all', terms: ['never made'] } })).items).toEqual([])
      expect((await bench().ports.drafts.get(draft_id, bench().reader()))?.used_by).toBeUndefined()
    })
  })
}
