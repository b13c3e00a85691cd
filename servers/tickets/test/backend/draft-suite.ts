import { describe, expect, it } from 'vitest'
import { type Bench, proposal, ticket } from './bench.ts'

/** Drafts belong to one caller, live a day and are used once. */
export function draftSuite(bench: () => Bench): void {
  describe('drafts', () => {
    it('keeps a draft for its owner', async () => {
      const kept = await bench().draft()
      expect(await bench().ports.drafts.get(kept.draft_id, bench().reader())).toEqual(kept)
      expect(kept).toMatchObject({ ...proposal, tenant: 'acme', owner: 'urn:test\u0000kim' })
    })

    it('gives it to nobody else', async () => {
      const { draft_id } = await bench().draft()
      expect(await bench().ports.drafts.get(draft_id, bench().reader('acme', 'urn:test\u0000lee'))).toBeUndefined()
      expect(await bench().ports.drafts.get(draft_id, bench().reader('globex'))).toBeUndefined()
    })

    it('forgets it when it has expired', async () => {
      const { draft_id } = await bench().draft()
      await bench().under.expire(draft_id)
      expect(await bench().ports.drafts.get(draft_id, bench().reader())).toBeUndefined()
      await expect(bench().ports.tickets.create(ticket({ draft_id }), bench().writer())).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    it('is used up by the ticket made of it, and says by which write', async () => {
      const { draft_id } = await bench().draft()
      await bench().ports.tickets.create(ticket({ draft_id }), bench().writer('write-1'))
      expect((await bench().ports.drafts.get(draft_id, bench().reader()))?.used_by).toBe('write-1')
      await expect(bench().ports.tickets.create(ticket({ draft_id }), bench().writer('write-2'))).rejects.toMatchObject(
        {
          code: 'CONFLICT',
          reason: 'draft_used',
        },
      )
    })

    it('may be used again by the write that used it: that one is recovering', async () => {
      const { draft_id } = await bench().draft()
      await bench().ports.tickets.create(ticket({ draft_id }), bench().writer('write-3'))
      await expect(bench().ports.tickets.create(ticket({ draft_id }), bench().writer('write-3'))).resolves.toBeDefined()
    })

    it('cannot be used by another caller', async () => {
      const { draft_id } = await bench().draft()
      const other = bench().writer(undefined, 'acme', 'urn:test\u0000lee')
      await expect(bench().ports.tickets.create(ticket({ draft_id }), other)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      expect((await bench().ports.drafts.get(draft_id, bench().reader()))?.used_by).toBeUndefined()
    })

    it('makes exactly one ticket however many writes want it at once', async () => {
      const { draft_id } = await bench().draft()
      const title = 'Made of one draft by many writes'
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => bench().ports.tickets.create(ticket({ draft_id, title }), bench().writer())),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results)
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'CONFLICT', reason: 'draft_used' })
      expect((await bench().search({ words: { match: 'all', terms: ['many', 'writes'] } })).items).toHaveLength(1)
    })
  })
}
