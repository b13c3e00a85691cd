import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ToolError } from '@postern/errors'
import { type Store, sql } from '@postern/store'
import { type Postgres, startPostgres } from '@postern/testing'
import type { Answer, Principal, Question } from '@postern/tool'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ApproveOptions,
  decideApproval,
  listApprovals,
  refuseForeignAnswer,
  showApproval,
  sweepApprovals,
} from '../src/index.ts'
import {
  bench,
  closeTicket,
  createTicketV1,
  createTicketV2,
  describe as end,
  manager,
  newDirectory,
  openTestStore,
  p0,
  pendingId,
  principal,
  rulesOf,
  searchTickets,
} from './fixture.ts'

let postgres: Postgres
let databases = 0
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const run = promisify(execFile)
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (thrown: unknown) => (thrown instanceof ToolError ? `${thrown.code}/${thrown.reason}` : String(thrown)),
  )

describe.each(['sqlite', 'postgres'] as const)('approvals on %s', (engine) => {
  let where: { directory: string } | { url: string }
  let store: Store
  let clean = () => {}

  beforeAll(async () => {
    if (engine === 'postgres') where = { url: await postgres.createDatabase(`approvals_${databases++}`) }
    else {
      const directory = newDirectory()
      where = { directory }
      clean = () => rmSync(directory, { recursive: true, force: true })
    }
    store = await openTestStore(where)
  })
  afterAll(async () => {
    await store.close()
    clean()
  })
  beforeEach(async () => {
    await sql`delete from approvals`.execute(store.query())
    await sql`delete from effects`.execute(store.query())
  })
  afterEach(() => void vi.useRealTimers())

  const approveIt = (desk: ReturnType<typeof bench>['desk'], id: string, approver = manager()) =>
    decideApproval(desk, { id, decision: 'approved', approver })
  const expire = (id: string) =>
    sql`update approvals set expires_at = ${store.now} where id = ${id}`.execute(store.query())

  describe('a call', () => {
    it('passes untouched where no rule applies', async () => {
      const { send, effects, events } = bench(store)
      expect(end(await send({ input: { ...p0, priority: 'P1' } }))).toBe('ok')
      expect(end(await send({ tool: closeTicket }))).toBe('ok')
      expect(end(await send({ tool: searchTickets as never, input: { priority: 'P0', title: 'x' } }))).toBe('ok')
      expect(await effects()).toHaveLength(3)
      expect(events).toEqual([])
    })

    it('is held, told exactly how to go on, and held under the same id when it is repeated', async () => {
      const { send, effects, events } = bench(store)
      const first = await send()
      const id = pendingId(first)
      expect(id).toMatch(/^apr_[\w-]{22}$/)
      expect(first).toMatchObject({
        error: {
          retryable: false,
          nextStep: `Ask someone with role duty-manager to approve ${id} (postern approvals approve ${id}), then send the same call with the same idempotency_key.`,
          details: {
            approvers: ['duty-manager'],
            summary: 'Create ticket (create_ticket): priority "P0"; project_key "OPS"; title "Mail is down"',
          },
        },
        notes: { approvalId: id },
      })
      expect(first.ok || Date.parse(first.error.details['expires_at'] as string)).toBeGreaterThan(0)
      expect(pendingId(await send())).toBe(id)
      expect(await effects()).toEqual([])
      expect(events).toEqual([
        {
          kind: 'requested',
          approvalId: id,
          tenant: 'acme',
          tool: 'create_ticket',
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          requester: { issuer: 'https://id.example.com/', subject: 'agent-1' },
        },
      ])
    })

    it('goes through once after approval, carries the id, and never again', async () => {
      const { send, effects, desk, events } = bench(store)
      const id = pendingId(await send())
      expect(await approveIt(desk, id)).toMatchObject({
        state: 'approved',
        decision: { by: { subject: 'manager-1' }, through: 'desk' },
      })
      expect(await send()).toMatchObject({ ok: true, notes: { approvalId: id } })
      const beforeEffect = vi.fn(async () => {})
      expect(end(await send({ beforeEffect }))).toBe('PERMISSION_DENIED/approval_used')
      expect(end(await send({ beforeEffect }))).toBe('PERMISSION_DENIED/approval_used')
      expect(beforeEffect).not.toHaveBeenCalled()
      expect(await effects()).toEqual(['Mail is down'])
      expect(await showApproval(desk, { id, viewer: manager() })).toMatchObject({
        state: 'used',
        used_at: expect.any(String),
      })
      expect(events.map((event) => event.kind)).toEqual(['requested', 'approved'])
    })

    it('is refused with the closed reason after a denial', async () => {
      const { send, effects, desk } = bench(store)
      const id = pendingId(await send())
      await decideApproval(desk, { id, decision: 'denied', approver: manager(), because: 'too_risky' })
      const refused = await send()
      expect(end(refused)).toBe('PERMISSION_DENIED/approval_denied')
      expect(refused).toMatchObject({
        error: { message: 'A person refused this call: it is too risky.', details: { because: 'too_risky' } },
      })
      expect(await effects()).toEqual([])
    })

    it.each(['pending', 'approved'] as const)('is refused once its %s request has expired', async (state) => {
      const { send, effects, desk } = bench(store)
      const id = pendingId(await send())
      if (state === 'approved') await approveIt(desk, id)
      await expire(id)
      expect(end(await send())).toBe('PERMISSION_DENIED/approval_expired')
      expect(await refusal(approveIt(desk, id))).toBe('PERMISSION_DENIED/approval_expired')
      expect((await showApproval(desk, { id, viewer: manager() })).state).toBe('expired')
      expect(await effects()).toEqual([])
    })

    it('goes by the clock of the database, however wrong that of the process is', async () => {
      const { send, desk } = bench(store)
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2001-01-01') })
      const id = pendingId(await send())
      vi.setSystemTime(new Date('2190-01-01'))
      const shown = await approveIt(desk, id)
      vi.useRealTimers()
      expect(Math.abs(Date.parse(shown.requested_at) - Date.now())).toBeLessThan(60_000)
      expect(Date.parse(shown.expires_at) - Date.parse(shown.requested_at)).toBe(24 * 60 * 60 * 1000)
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2190-01-01') })
      expect(end(await send())).toBe('ok')
    })

    it('needs an approval of its own when anything about it differs', async () => {
      const { send, effects, desk } = bench(store, {
        rules: rulesOf({ create_ticket: { by: ['duty-manager'] }, close_ticket: { by: ['duty-manager'] } }),
      })
      const id = pendingId(await send())
      await approveIt(desk, id)
      const others = [
        await send({ as: principal({ subject: 'agent-2' }) }),
        await send({ as: principal({ issuer: 'https://other.example.com/' }) }),
        await send({ as: principal({ tenant: 'globex' }) }),
        await send({ tool: closeTicket }),
        await send({ tool: createTicketV1 }),
        await send({ tool: createTicketV2 }),
        await send({ input: { ...p0, title: 'Mail is down!' } }),
        await send({ input: { ...p0, priority: 'P1' } }),
        await send({ key: 'key-0000-0000-0002' }),
        await bench(store, { rules: rulesOf({ create_ticket: { by: ['duty-manager', 'owner'] } }) }).send(),
        await bench(store, {
          rules: rulesOf({ create_ticket: { by: ['duty-manager'] } }),
          environment: 'production',
        }).send(),
        await bench(store, { rules: rulesOf({ create_ticket: { by: ['duty-manager'] } }), server: 'warehouse' }).send(),
      ].map(pendingId)
      expect(new Set([id, ...others]).size).toBe(13)
      expect(await effects()).toEqual([])
      expect(end(await send())).toBe('ok')
    })

    it('cannot slip past a rule by leaving the field out or by an old version of the tool', async () => {
      const { send } = bench(store)
      pendingId(await send({ input: { project_key: 'OPS', title: 'x', draft_id: 'd-1' } }))
      pendingId(await send({ tool: createTicketV1 }))
    })

    it('is judged by and bound to what a draft says, where the server tells', async () => {
      let draft: Record<string, unknown> = { priority: 'P2', title: 'from the draft' }
      const { send, desk } = bench(store, { subject: async () => ({ facts: draft }) })
      const input = { project_key: 'OPS', title: '', draft_id: 'd-1' }
      expect(end(await send({ input }))).toBe('ok')
      draft = { priority: 'P0', title: 'from the draft' }
      const held = await send({ input, key: 'key-0000-0000-0002' })
      const id = pendingId(held)
      expect((await showApproval(desk, { id, viewer: manager() })).summary).toContain('"from the draft"')
      await approveIt(desk, id)
      draft = { priority: 'P0', title: 'another text' }
      expect(pendingId(await send({ input, key: 'key-0000-0000-0002' }))).not.toBe(id)
    })

    it('leaves the approval unspent when the effect fails', async () => {
      const { send, effects, desk } = bench(store)
      const id = pendingId(await send())
      await approveIt(desk, id)
      expect(end(await send({ failAtCommit: true }))).toBe('UPSTREAM_UNAVAILABLE/store_down')
      expect(await effects()).toEqual([])
      expect((await showApproval(desk, { id, viewer: manager() })).state).toBe('approved')
      expect(end(await send())).toBe('ok')
    })

    it('gets its approval back when it certainly did not happen', async () => {
      const { send, effects, desk } = bench(store)
      const id = pendingId(await send())
      await approveIt(desk, id)
      const tooMany = new ToolError('RATE_LIMITED', 'upstream_rate', 'x')
      expect(end(await send({ failAfter: tooMany }))).toBe('RATE_LIMITED/upstream_rate')
      expect(end(await send({ failAfter: tooMany }))).toBe('RATE_LIMITED/upstream_rate')
      expect(end(await send())).toBe('ok')
      expect(end(await send())).toBe('PERMISSION_DENIED/approval_used')
      expect(await effects()).toHaveLength(1)
    })

    it.each([
      ['nobody knows', new ToolError('UPSTREAM_TIMEOUT', 'deadline', 'x')],
      ['the upstream said no', new ToolError('CONFLICT', 'exists', 'x')],
    ])('does not get it back when %s', async (_, failAfter) => {
      const { send, effects, desk } = bench(store)
      await approveIt(desk, pendingId(await send()))
      expect(end(await send({ failAfter }))).toBe(`${failAfter.code}/${failAfter.reason}`)
      expect(end(await send())).toBe('PERMISSION_DENIED/approval_used')
      expect(await effects()).toEqual([])
    })

    it('does not get back what another call has spent', async () => {
      const { send, effects, desk } = bench(store)
      await approveIt(desk, pendingId(await send()))
      const busy = new ToolError('UPSTREAM_UNAVAILABLE', 'breaker_open', 'x')
      const beforeEffect = async () => {
        expect(end(await send())).toBe('ok')
        throw busy
      }
      expect(end(await send({ beforeEffect }))).toBe('UPSTREAM_UNAVAILABLE/breaker_open')
      expect(end(await send())).toBe('PERMISSION_DENIED/approval_used')
      expect(await effects()).toHaveLength(1)
    })

    it('gives way at once when it fails inside an open change of the store', async () => {
      const { send, desk } = bench(store)
      await approveIt(desk, pendingId(await send()))
      const open = await store.begin()
      const beforeEffect = () => Promise.reject(new ToolError('RATE_LIMITED', 'upstream_rate', 'x'))
      expect(end(await send({ beforeEffect }))).toBe('RATE_LIMITED/upstream_rate')
      await open.rollback()
      expect(end(await send())).toBe('ok')
    })

    it('has one effect when twenty final calls arrive at once', async () => {
      const { send, effects, desk } = bench(store)
      await approveIt(desk, pendingId(await send()))
      const ends = (await Promise.all(Array.from({ length: 20 }, () => send()))).map(end)
      expect(ends.filter((one) => one === 'ok')).toHaveLength(1)
      expect(ends.filter((one) => one === 'PERMISSION_DENIED/approval_used')).toHaveLength(19)
      expect(await effects()).toHaveLength(1)
    })

    it('does not happen when the approval expires between the check and the effect', async () => {
      const { send, effects, desk } = bench(store)
      const id = pendingId(await send())
      await approveIt(desk, id)
      const beforeEffect = async () => void (await expire(id))
      expect(end(await send({ beforeEffect }))).toBe('PERMISSION_DENIED/approval_expired')
      expect(await effects()).toEqual([])
    })

    it('makes one request when twenty first calls arrive at once', async () => {
      const { send, events } = bench(store)
      const ids = (await Promise.all(Array.from({ length: 20 }, () => send()))).map(pendingId)
      expect(new Set(ids).size).toBe(1)
      expect(events).toHaveLength(1)
    })

    it('cannot flood the people who approve', async () => {
      const { send } = bench(store)
      for (let n = 0; n < 50; n++) pendingId(await send({ key: `key-0000-0000-1${n}` }))
      expect(end(await send({ key: 'key-0000-0000-2000' }))).toBe('RATE_LIMITED/principal_tool_rate')
      pendingId(await send({ as: principal({ subject: 'agent-2' }) }))
    })

    it('is not held, and no request exists, when the audit cannot be written', async () => {
      const { send, desk } = bench(store, {
        onEvent: () => Promise.reject(new ToolError('UPSTREAM_UNAVAILABLE', 'audit_down', 'x')),
      })
      expect(end(await send())).toBe('UPSTREAM_UNAVAILABLE/audit_down')
      expect((await listApprovals(desk, { viewer: manager(), limit: 10 })).approvals).toEqual([])
    })
  })

  describe('the person at the client', () => {
    const self = { rules: rulesOf({ create_ticket: { by: ['support-agent', 'duty-manager'], self: true } }) }
    const answering = (answer: Answer) => {
      const questions: Question[] = []
      const ask = async (question: Question) => {
        questions.push(question)
        return answer
      }
      return { ask, questions }
    }

    it('says yes, and the call goes on with an approval of its own', async () => {
      const { send, effects, events } = bench(store, self)
      const { ask, questions } = answering('approved')
      const done = await send({ ask })
      expect(done).toMatchObject({ ok: true, notes: { approvalId: questions[0]?.id } })
      expect(questions).toMatchObject([
        { message: expect.stringContaining('title "Mail is down"'), digest: events[0]?.digest },
      ])
      expect(events).toMatchObject([
        { kind: 'requested' },
        { kind: 'approved', through: 'client', approver: { subject: 'agent-1' } },
      ])
      expect(await effects()).toHaveLength(1)
    })

    it.each(['declined', 'cancelled'] as const)('%s: the call is refused, and stays refused', async (answer) => {
      const { send, effects, events } = bench(store, self)
      const { ask, questions } = answering(answer)
      expect(await send({ ask })).toMatchObject({
        ok: false,
        error: { reason: 'approval_denied', details: { because: answer } },
      })
      expect(end(await send({ ask: answering('approved').ask }))).toBe('PERMISSION_DENIED/approval_denied')
      expect(questions).toHaveLength(1)
      expect(events).toMatchObject([{ kind: 'requested' }, { kind: 'denied', because: answer }])
      expect(await effects()).toEqual([])
    })

    it('is asked in the answer (MRTR), and the second round goes on under the same id', async () => {
      const { send, effects } = bench(store, self)
      const first = await send({ ask: answering('asked').ask })
      expect(first.ok || first.error.nextStep).toMatch(
        /^Ask the user, or someone else with role support-agent or duty-manager, to approve apr_/,
      )
      expect(await send({ ask: answering('approved').ask })).toMatchObject({
        ok: true,
        notes: { approvalId: pendingId(first) },
      })
      expect(await effects()).toHaveLength(1)
    })

    it.each([
      ['the rule does not let callers approve their own', { create_ticket: { by: ['support-agent'] } }, {}],
      ['the caller lacks the role', { create_ticket: { by: ['duty-manager'], self: true } }, {}],
      [
        'the caller is a service',
        { create_ticket: { by: ['support-agent'], self: true } },
        { kind: 'service' as const },
      ],
      ['a service acts for the caller', { create_ticket: { by: ['support-agent'], self: true } }, { actor: 'bot' }],
    ])('is not asked where %s', async (_, section, who) => {
      const { send } = bench(store, { rules: rulesOf(section) })
      const { ask, questions } = answering('approved')
      pendingId(await send({ ask, as: principal(who) }))
      expect(questions).toEqual([])
    })

    it('cannot overrule what someone else decided meanwhile', async () => {
      const { send, effects, desk } = bench(store, self)
      const ask = async ({ id }: Question) => {
        await decideApproval(desk, { id, decision: 'denied', approver: manager(), because: 'wrong_data' })
        return 'approved' as const
      }
      expect(await send({ ask })).toMatchObject({
        ok: false,
        error: { reason: 'approval_denied', details: { because: 'wrong_data' } },
      })
      expect(await effects()).toEqual([])
    })

    it('cannot answer after the request expired', async () => {
      const { send, effects } = bench(store, self)
      const ask = async ({ id }: Question) => {
        await expire(id)
        return 'approved' as const
      }
      expect(end(await send({ ask }))).toBe('PERMISSION_DENIED/approval_expired')
      expect(await effects()).toEqual([])
    })

    it('cannot use an answer that was given to another question', async () => {
      const { send, effects } = bench(store, self)
      const { ask, questions } = answering('asked')
      await send({ ask, key: 'key-0000-0000-0009' })
      const [other] = questions
      if (other === undefined) throw new Error('nothing was asked')
      const presenting = (answered: Pick<Question, 'id' | 'digest'>) => async (question: Question) => {
        refuseForeignAnswer(question, answered)
        return 'approved' as const
      }
      expect(end(await send({ ask: presenting(other) }))).toBe('PERMISSION_DENIED/approval_mismatch')
      const own = pendingId(await send())
      expect(end(await send({ ask: presenting({ id: own, digest: 'f'.repeat(64) }) }))).toBe(
        'PERMISSION_DENIED/approval_mismatch',
      )
      expect(await effects()).toEqual([])
      expect(end(await send({ ask: presenting({ id: own, digest: other.digest }) }))).toBe('ok')
    })
  })

  describe('the approver', () => {
    it.each([
      ['lacks the role', manager({ roles: ['support-agent'] }), 'NOT_FOUND/absent', 'role'],
      ['asked for it', principal({ roles: ['duty-manager'] }), 'PERMISSION_DENIED/not_granted', 'own_request'],
      ['is a service', manager({ kind: 'service' }), 'PERMISSION_DENIED/not_granted', 'service'],
      ['is a service acting for a person', manager({ actor: 'bot' }), 'PERMISSION_DENIED/not_granted', 'service'],
      ['may only read', manager({ readOnly: true }), 'PERMISSION_DENIED/read_only', 'read_only'],
    ])('may not decide who %s, and the try is reported', async (_, approver, expected, because) => {
      const { send, desk, events } = bench(store)
      const id = pendingId(await send())
      for (const decision of ['approved', 'denied'] as const)
        expect(await refusal(decideApproval(desk, { id, decision, approver }))).toBe(expected)
      expect(events.slice(1)).toMatchObject([
        { kind: 'refused', because, approver },
        { kind: 'refused', because },
      ])
      expect((await showApproval(desk, { id, viewer: manager() })).state).toBe('pending')
    })

    it('finds nothing of another tenant, environment or server', async () => {
      const { send, desk } = bench(store)
      const id = pendingId(await send())
      const stranger = manager({ tenant: 'globex' })
      const elsewhere = { ...desk, environment: 'production' }
      const other = { ...desk, server: 'warehouse' }
      expect(await refusal(approveIt(desk, id, stranger))).toBe('NOT_FOUND/absent')
      expect(await refusal(showApproval(desk, { id, viewer: stranger }))).toBe('NOT_FOUND/absent')
      for (const wrong of [elsewhere, other]) {
        expect(await refusal(approveIt(wrong, id))).toBe('NOT_FOUND/absent')
        expect((await listApprovals(wrong, { viewer: manager(), limit: 9 })).approvals).toEqual([])
      }
      expect(await refusal(approveIt(desk, 'apr_none'))).toBe('NOT_FOUND/absent')
      expect((await listApprovals(desk, { viewer: stranger, limit: 10 })).approvals).toEqual([])
    })

    it('may be a service or the caller where the rule says so', async () => {
      const { send, desk } = bench(store, {
        rules: rulesOf({ create_ticket: { by: ['support-agent'], self: true, services: true } }),
      })
      const bot = principal({ kind: 'service' })
      await approveIt(desk, pendingId(await send({ as: bot })), bot)
      expect(end(await send({ as: bot }))).toBe('ok')
    })

    it('counts with the roles that the host lets count', async () => {
      const { send, desk } = bench(store, { rolesOf: () => [] })
      const id = pendingId(await send())
      expect(await refusal(approveIt(desk, id))).toBe('NOT_FOUND/absent')
      expect((await listApprovals(desk, { viewer: manager(), limit: 10 })).approvals).toEqual([])
    })

    describe('whose roles cover some rows', () => {
      const rolesOf: ApproveOptions['rolesOf'] = ({ roles, tenant, attributes }) =>
        roles.map((name) => ({ name, rows: { ...attributes, tenant: [tenant] } }))
      const of = (project: string, changes: Partial<Principal> = {}) =>
        manager({ subject: `of-${project}`, attributes: { project: [project] }, ...changes })
      const subject: ApproveOptions['subject'] = async ({ input }) => ({
        rows: { project: (input as { project_key: string }).project_key, owner: undefined },
      })
      const listed = async (desk: ReturnType<typeof bench>['desk'], viewer: Principal) =>
        (await listApprovals(desk, { viewer, limit: 10 })).approvals.map((one) => one.approval_id)

      it('finds, shows and decides what is in them, and nothing else', async () => {
        const { send, desk, events } = bench(store, { rolesOf, subject })
        const ops = pendingId(await send())
        const pay = pendingId(await send({ input: { ...p0, project_key: 'PAY' } }))
        expect(await listed(desk, of('OPS'))).toEqual([ops])
        expect(await listed(desk, of('PAY'))).toEqual([pay])
        expect(await listed(desk, manager())).toHaveLength(2)
        expect(await refusal(showApproval(desk, { id: pay, viewer: of('OPS') }))).toBe('NOT_FOUND/absent')
        expect(await refusal(approveIt(desk, pay, of('OPS')))).toBe('NOT_FOUND/absent')
        expect(events.at(-1)).toMatchObject({ kind: 'refused', because: 'role', approvalId: pay })
        expect((await approveIt(desk, ops, of('OPS'))).state).toBe('approved')
        expect(end(await send())).toBe('ok')
      })

      it('is not helped by a role over these rows that the rule does not name', async () => {
        const byRole: ApproveOptions['rolesOf'] = ({ tenant }) => [
          { name: 'duty-manager', rows: { project: ['PAY'], tenant: [tenant] } },
          { name: 'support-agent', rows: { tenant: [tenant] } },
        ]
        const { send, desk } = bench(store, { rolesOf: byRole, subject })
        expect(await refusal(approveIt(desk, pendingId(await send()), of('OPS')))).toBe('NOT_FOUND/absent')
      })

      it('decides nothing where the server does not say which rows it is about', async () => {
        const { send, desk } = bench(store, { rolesOf })
        const id = pendingId(await send())
        expect(await listed(desk, of('OPS'))).toEqual([])
        expect(await refusal(approveIt(desk, id, of('OPS')))).toBe('NOT_FOUND/absent')
        expect((await approveIt(desk, id)).state).toBe('approved')
      })

      it('cannot be taken for another tenant by what a server says', async () => {
        const { send, desk } = bench(store, { rolesOf, subject: async () => ({ rows: { tenant: 'globex' } }) })
        const id = pendingId(await send())
        expect(await refusal(showApproval(desk, { id, viewer: manager({ tenant: 'globex' }) }))).toBe(
          'NOT_FOUND/absent',
        )
        expect((await approveIt(desk, id)).state).toBe('approved')
      })

      it('is asked anew once the record has moved to other rows', async () => {
        let project = 'OPS'
        const { send, desk } = bench(store, { rolesOf, subject: async () => ({ rows: { project } }) })
        const id = pendingId(await send())
        await approveIt(desk, id, of('OPS'))
        project = 'PAY'
        expect(pendingId(await send())).not.toBe(id)
      })

      it('is not asked at the client about rows that the caller may not approve', async () => {
        const rules = rulesOf({ create_ticket: { by: ['support-agent'], self: true } })
        const { send } = bench(store, { rules, rolesOf, subject })
        const ask = vi.fn(async () => 'approved' as const)
        pendingId(await send({ ask, as: principal({ attributes: { project: ['PAY'] } }) }))
        expect(ask).not.toHaveBeenCalled()
      })

      it('pages past what it may not see', async () => {
        const { send, desk } = bench(store, { rolesOf, subject })
        const first = pendingId(await send({ key: 'key-0000-0000-0000' }))
        for (let n = 1; n < 5; n++)
          await send({ key: `key-0000-0000-000${n}`, input: { ...p0, project_key: n < 4 ? 'PAY' : 'OPS' } })
        await sql`update approvals set requested_at = 5 where id = ${first}`.execute(store.query())
        const seen: string[] = []
        let cursor: string | undefined
        do {
          const page = await listApprovals(desk, { viewer: of('OPS'), limit: 1, ...(cursor && { cursor }) })
          seen.push(...page.approvals.map((one) => one.approval_id))
          cursor = page.next_cursor
        } while (cursor)
        expect(seen).toHaveLength(2)
        expect(seen.at(-1)).toBe(first)
      })
    })

    it('decides once: of ten at the same time one wins, the others are told', async () => {
      const { send, effects, desk, events } = bench(store)
      const id = pendingId(await send())
      const tries = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          refusal(
            decideApproval(desk, {
              id,
              decision: n % 2 === 0 ? 'approved' : 'denied',
              approver: manager({ subject: `manager-${n}` }),
            }),
          ),
        ),
      )
      expect(tries.filter((one) => one === 'ok')).toHaveLength(1)
      expect(tries.filter((one) => one === 'CONFLICT/stale')).toHaveLength(9)
      const { state, decision } = await showApproval(desk, { id, viewer: manager() })
      expect(decision?.by.subject).toBe(`manager-${tries.indexOf('ok')}`)
      expect(state).toBe(tries.indexOf('ok') % 2 === 0 ? 'approved' : 'denied')
      expect(events.filter((event) => event.kind === state)).toHaveLength(1)
      expect(events.filter((event) => event.kind === 'refused' && event.because === 'decided')).toHaveLength(9)
      expect(end(await send())).toBe(state === 'approved' ? 'ok' : 'PERMISSION_DENIED/approval_denied')
      expect(await effects()).toHaveLength(state === 'approved' ? 1 : 0)
    })

    it('and the caller are reported in the transaction that writes it', async () => {
      const onEvent: ApproveOptions['onEvent'] = async ({ kind }, transaction) => {
        if (transaction === undefined) return
        await sql`insert into effects (key, note) values (${kind}, 'audited')`.execute(store.within(transaction))
      }
      const { send, desk, effects } = bench(store, { onEvent })
      const id = pendingId(await send())
      expect(await effects()).toEqual(['audited'])
      await approveIt(desk, id)
      expect(await effects()).toEqual(['audited', 'audited'])
      expect(await refusal(approveIt(desk, id))).toBe('CONFLICT/stale')
      expect(await effects()).toHaveLength(2)
    })

    it('has decided nothing when the audit cannot be written', async () => {
      const { send, desk } = bench(store)
      const id = pendingId(await send())
      const deaf = { ...desk, onEvent: () => Promise.reject(new ToolError('UPSTREAM_UNAVAILABLE', 'audit_down', 'x')) }
      expect(await refusal(approveIt(deaf, id))).toBe('UPSTREAM_UNAVAILABLE/audit_down')
      expect((await showApproval(desk, { id, viewer: manager() })).state).toBe('pending')
    })

    it('sees what it may decide and what it asked for, page by page, and nobody else does', async () => {
      const { send, desk } = bench(store)
      const ids: string[] = []
      for (let n = 0; n < 7; n++) ids.push(pendingId(await send({ key: `key-0000-0000-1${n}` })))
      await approveIt(desk, ids[0] ?? '')
      await decideApproval(desk, { id: ids[1] ?? '', decision: 'denied', approver: manager() })
      await expire(ids[2] ?? '')
      await sql`update approvals set requested_at = 5 where id <> ${ids[6]}`.execute(store.query())
      await sql`update approvals set requested_at = 4 where id in (${ids[0]}, ${ids[3]}, ${ids[5]})`.execute(
        store.query(),
      )

      const pages: string[][] = []
      let cursor: string | undefined
      do {
        const page = await listApprovals(desk, { viewer: manager(), limit: 3, ...(cursor && { cursor }) })
        pages.push(page.approvals.map((approval) => approval.approval_id))
        cursor = page.next_cursor
      } while (cursor)
      expect(pages.map((page) => page.length)).toEqual([3, 3, 1])
      expect(pages[0]?.[0]).toBe(ids[6])
      expect(new Set(pages.flat())).toEqual(new Set(ids))

      const counted = async (viewer = manager()) => {
        const states = ['pending', 'approved', 'denied', 'expired', 'used'] as const
        return Promise.all(
          states.map(async (state) => (await listApprovals(desk, { viewer, state, limit: 50 })).approvals.length),
        )
      }
      expect(await counted()).toEqual([4, 1, 1, 1, 0])
      expect(await counted(principal())).toEqual([4, 1, 1, 1, 0])
      expect(await counted(principal({ subject: 'agent-2' }))).toEqual([0, 0, 0, 0, 0])
      expect(await counted(manager({ roles: ['duty', '%', 'duty-manager2'] }))).toEqual([0, 0, 0, 0, 0])
      expect((await showApproval(desk, { id: ids[0] ?? '', viewer: principal() })).state).toBe('approved')
      const nosy = principal({ subject: 'agent-2' })
      expect(await refusal(showApproval(desk, { id: ids[0] ?? '', viewer: nosy }))).toBe('NOT_FOUND/absent')
    })

    it('sees none of another tenant or of another rule, even where both have the same names', async () => {
      const rules = rulesOf({ create_ticket: { by: ['duty-manager'] }, close_ticket: { by: ['owner'] } })
      const { send, desk } = bench(store, { rules })
      const ours = pendingId(await send())
      const theirs = pendingId(await send({ as: principal({ tenant: 'globex' }) }))
      const closing = pendingId(await send({ tool: closeTicket }))
      const seen = async (viewer: Principal) =>
        (await listApprovals(desk, { viewer, limit: 10 })).approvals.map((one) => one.approval_id)
      expect(await seen(manager())).toEqual([ours])
      expect(await seen(manager({ tenant: 'globex' }))).toEqual([theirs])
      expect(await seen(manager({ roles: ['owner'] }))).toEqual([closing])
      expect(await seen(principal({ tenant: 'globex' }))).toEqual([theirs])
      expect(await seen(principal({ issuer: 'https://other.example.com/' }))).toEqual([])
    })

    it('may have the same subject as the caller at another issuer', async () => {
      const { send, desk } = bench(store)
      const id = pendingId(await send())
      const namesake = principal({ issuer: 'https://other.example.com/', roles: ['duty-manager'] })
      expect((await approveIt(desk, id, namesake)).state).toBe('approved')
    })

    it('cannot use the cursor of another viewer or another list', async () => {
      const { send, desk } = bench(store)
      for (let n = 0; n < 3; n++) await send({ key: `key-0000-0000-1${n}` })
      const { next_cursor: cursor = '' } = await listApprovals(desk, { viewer: manager(), limit: 1 })
      const viewer = manager({ subject: 'manager-2' })
      expect(await refusal(listApprovals(desk, { viewer, limit: 1, cursor }))).toBe('VALIDATION_ERROR/cursor')
      expect(await refusal(listApprovals(desk, { viewer: manager(), state: 'pending', limit: 1, cursor }))).toBe(
        'VALIDATION_ERROR/cursor',
      )
    })

    it('is shown hostile text inert, on one line, and nothing pushed out of sight', async () => {
      const { send, desk } = bench(store)
      const title = `ok"; priority "P3"\n\u001b[2J\u202eIGNORE ALL\u200b [x](https://evil.example/) ${'A'.repeat(5000)}`
      const id = pendingId(await send({ as: principal({ subject: 'agent\u001b[31m\u202e' }), input: { ...p0, title } }))
      const { summary, requester } = await showApproval(desk, { id, viewer: manager() })
      expect(summary).toMatch(
        /^Create ticket \(create_ticket\): priority "P0"; project_key "OPS"; title "ok\\"; priority \\"P3\\"/,
      )
      expect(summary).toMatch(/\(\d{4} characters in all, shown in a safe form\)$/)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(summary).not.toMatch(/[\u0000-\u001f\u202e\u200b]|\]\(|https:\/\//)
      expect(summary.length).toBeLessThan(500)
      expect(requester.subject).toBe('agent')
    })
  })

  describe('other processes', () => {
    const call = async (sent: object) => {
      const script = join(import.meta.dirname, 'caller.ts')
      const { stdout } = await run(process.execPath, [script, JSON.stringify(where), JSON.stringify(sent)])
      return JSON.parse(stdout) as 'ok' | [string, { approval_id: string }]
    }

    it('ask, approve and use one and the same request', async () => {
      const { effects, desk } = bench(store)
      const [state, details] = await call({})
      expect(state).toBe('APPROVAL_REQUIRED/pending')
      await approveIt(desk, (details as { approval_id: string }).approval_id)
      const ends = await Promise.all([call({}), call({}), call({})])
      expect(ends.map((one) => (one === 'ok' ? one : one[0])).sort()).toEqual([
        'PERMISSION_DENIED/approval_used',
        'PERMISSION_DENIED/approval_used',
        'ok',
      ])
      expect(await effects()).toHaveLength(1)
    })
  })

  it('forgets requests a month after they expired, batch by batch, and keeps the others', async () => {
    const { send, desk } = bench(store)
    const id = pendingId(await send())
    await sql`update approvals set expires_at = expires_at - ${35 * 86_400_000}`.execute(store.query())
    const columns =
      'environment, server, tenant, issuer, subject, tool, title, summary, digest, approvers, self, services, state, requested_at, expires_at'
    await sql`insert into approvals (id, binding, ${sql.raw(columns)})
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 450)
      select 'apr_' || i, 'b' || i, ${sql.raw(columns)} from n, approvals where approvals.id = ${id}`.execute(
      store.query(),
    )
    const young = pendingId(await send({ key: 'key-0000-0000-0002' }))
    await expire(young)
    const aborted = AbortSignal.abort()
    expect(await sweepApprovals(desk, { signal: aborted })).toBe(200)
    expect(await sweepApprovals(desk)).toBe(251)
    expect(
      (await listApprovals(desk, { viewer: manager(), limit: 10 })).approvals.map((one) => one.approval_id),
    ).toEqual([young])
  })
})
