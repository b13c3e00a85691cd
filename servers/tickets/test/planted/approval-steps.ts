import { type HttpServer, modernHeaders, modernRequest, type Planter } from '@postern/testing'
import { call } from '../identity.ts'
import { type Reply, replyOf } from './caller.ts'
import { type Step, step } from './step.ts'

/** A write that a person has to allow, and what that person sends. `token` is theirs. */
export function approvalSteps(http: HttpServer, token: string, plant: Planter): Step[] {
  const urgent = {
    project_key: 'OPS',
    title: `Nobody gets in at gate 4: ${plant.line('title')}`,
    description: `All readers of gate 4 are dark since six. Their owner says: ${plant.text('description')}`,
    priority: 'P0',
    labels: ['incident'],
    acceptance_criteria: ['A card is read within one second'],
    idempotency_key: plant.made('idempotency key', (word) => `key_${word}`),
  }
  let id = ''
  const create = async () => replyOf(await call(http, 'create_ticket', urgent))
  const desk = async (path: string, body?: unknown): Promise<Reply> => {
    const { status, text } = await http.request({
      method: body === undefined ? 'GET' : 'POST',
      path: `/approvals${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    })
    return { ends: `HTTP ${status}`, text }
  }
  const asked = (what: string, ends: string, records: number, path: () => string, body?: unknown) =>
    step(`approvals: ${what}`, ends, records, () => desk(path(), body))

  return [
    step('approvals: a call that needs one', 'APPROVAL_REQUIRED/pending', 3, async () => {
      const reply = await create()
      id = /apr_[\w-]+/.exec(reply.text)?.[0] ?? ''
      return reply
    }),
    asked('the list', 'HTTP 200', 1, () => ''),
    asked('a cursor', 'HTTP 400', 1, () => `?cursor=${plant.word('cursor of approvals')}`),
    asked('a state', 'HTTP 400', 1, () => `?state=${plant.word('state of approvals')}`),
    asked('no id', 'HTTP 400', 1, () => `/${plant.word('approval id')}`),
    asked('a reason in prose', 'HTTP 400', 1, () => `/${id}`, {
      decision: 'denied',
      because: plant.text('reason of a person'),
    }),
    asked('a field that does not exist', 'HTTP 400', 1, () => `/${id}`, {
      decision: 'denied',
      [plant.text('field of a decision')]: plant.text('value of no field'),
    }),
    asked('no JSON', 'HTTP 400', 1, () => `/${id}`, `{"decision":"${plant.word('half of a decision')}`),
    asked('too much', 'HTTP 413', 0, () => `/${id}`, { because: plant.text('long reason').padEnd(5_000, 'x') }),
    asked('a decision', 'HTTP 200', 2, () => `/${id}`, { decision: 'denied', because: 'wrong_data' }),
    step('approvals: the call again', 'PERMISSION_DENIED/approval_denied', 2, create),
    step('approvals: an answer to no question', 'JSON-RPC -32602', 1, async () => {
      const answer = { inputResponses: {}, requestState: plant.word('request state') }
      const params = { name: 'create_ticket', arguments: urgent, ...answer }
      return replyOf(
        await http.request({
          headers: modernHeaders('tools/call', 'create_ticket'),
          body: modernRequest(1, 'tools/call', params),
        }),
      )
    }),
  ]
}
