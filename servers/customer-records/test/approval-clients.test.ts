import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  bundleOf,
  clientKinds,
  connect,
  type HttpServer,
  type McpClient,
  startHttp,
  type TemporaryDirectory,
  type ToolAnswer,
  temporaryDirectory,
} from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleSet } from '../src/sample/sample-set.ts'

const environment = join(import.meta.dirname, '../environments/development.yaml')
const commandLine = join(import.meta.dirname, '../../../packages/cli/dist/main.mjs')
const { customers, opportunities } = sampleSet()
const hannas = new Set(
  customers
    .filter((one) => one.tenant === 'acme' && one.region === 'DACH' && one.owner === 'hanna.l')
    .map((one) => one.customer_id),
)
const others = new Set(
  customers
    .filter((one) => one.tenant === 'acme' && one.region === 'DACH' && one.owner !== 'hanna.l')
    .map((one) => one.customer_id),
)
const dealsOf = (of: ReadonlySet<string>, stage: string) =>
  opportunities.filter((deal) => of.has(deal.customer_id) && deal.stage === stage)

/** Each conversation has deals of its own: one to win, one to give up. */
const toWin = dealsOf(hannas, 'negotiation')
const toLose = dealsOf(hannas, 'proposal')
const toAskAbout = dealsOf(others, 'negotiation')
const reason = 'The customer has told us today.'
const winning = { expected_stage: 'negotiation', stage: 'closed_won', reason }
const losing = { expected_stage: 'proposal', stage: 'closed_lost', reason }

function next<T>(list: T[]): T {
  const one = list.pop()
  if (one === undefined) throw new Error('no deal is left')
  return one
}

/** The built server, real clients, and an approver at another terminal. */
describe('a write that a person approves, with real clients', () => {
  let directory: TemporaryDirectory
  let server: HttpServer
  let data: string
  beforeAll(async () => {
    directory = temporaryDirectory()
    data = join(directory.path, 'data')
    server = await startHttp({ server: 'customer-records', environment, data })
  })
  afterAll(async () => {
    await server.stop()
    directory.remove()
  })

  const tokenOf = (as: string): string =>
    execFileSync(process.execPath, [bundleOf('customer-records'), 'token', '--as', as, '--ttl', '30min'], {
      encoding: 'utf8',
      env: { ...process.env, POSTERN_DATA: data, POSTERN_ENVIRONMENT: environment },
    }).trim()

  /** As the approver would: the command line, the server's address, a token of their own. */
  function decide(decision: 'approve' | 'deny', id: string): void {
    const file = join(directory.path, 'kenji.token')
    writeFileSync(file, tokenOf('kenji.t'), { mode: 0o600 })
    const origin = new URL(server.url).origin
    const run = spawnSync(
      process.execPath,
      [commandLine, 'approvals', decision, id, '--server', origin, '--token-file', file],
      {
        encoding: 'utf8',
      },
    )
    expect(run.status, run.stderr).toBe(0)
  }
  it.each(clientKinds)('goes from search to a won deal, and to a refused one, with the %s client', async (kind) => {
    const client = await connect({ url: new URL(server.url), token: tokenOf('hanna.l') }, { client: kind })
    try {
      await client.listTools()
      const deal = next(toWin)
      const { customer_id } = deal
      const found = await client.callTool('search_customers', { region: ['DACH'], limit: 5 })
      expect(found.structuredContent, found.text).toMatchObject({ status: 'ok' })
      const summary = await client.callTool('get_customer_summary', { customer_id })
      expect(summary.structuredContent).toMatchObject({ customer: { customer_id } })

      const note = {
        customer_id,
        note: `Called about the contract, ${kind}.`,
        idempotency_key: `note-with-${kind}-0001`,
      }
      const noted = await client.callTool('log_note', note)
      const again = await client.callTool('log_note', note)
      expect(noted.isError, noted.text).toBe(false)
      expect(again.text).toBe(noted.text)
      expect(again.meta).toHaveProperty(['dev.postern/replayed'])

      const approved = await settled(client, deal.opportunity_id, winning, `win-with-${kind}-0001`, 'approve')
      expect(approved.structuredContent).toMatchObject({ status: 'ok' })
      const denied = await settled(client, next(toLose).opportunity_id, losing, `lose-with-${kind}-0001`, 'deny')
      expect(denied.error).toMatchObject({ code: 'PERMISSION_DENIED', details: { reason: 'approval_denied' } })
    } finally {
      await client.close()
    }
  })

  /** Asked for approval, decided by another person, sent again, and repeated. */
  async function settled(
    client: McpClient,
    opportunity_id: string,
    change: object,
    idempotency_key: string,
    decision: 'approve' | 'deny',
  ): Promise<ToolAnswer> {
    const call = () => client.callTool('update_opportunity_stage', { opportunity_id, ...change, idempotency_key })
    const asked = await call()
    expect(asked.error, asked.text).toMatchObject({ code: 'APPROVAL_REQUIRED' })
    decide(decision, String(asked.error?.details['approval_id']))
    const answer = await call()
    const repeated = await call()
    const sameRequest = (text: string) => text.replace(/"request_id":"[^"]*"/, '')
    expect(sameRequest(repeated.text)).toBe(sameRequest(answer.text))
    return answer
  }

  describe('asked in the client', () => {
    const answers = {
      yes: { action: 'accept', content: { approve: true } },
      'accepts the form and says no': { action: 'accept', content: { approve: false } },
      no: { action: 'decline' },
    } as const

    it.each([
      ['v2-modern', 'HTTP', 'yes'],
      ['v2-modern', 'HTTP', 'no'],
      ['v2-modern', 'HTTP', 'accepts the form and says no'],
      ['v2-modern', 'stdio', 'yes'],
      ['v2-legacy', 'stdio', 'yes'],
      ['v2-legacy', 'stdio', 'no'],
      ['v1', 'stdio', 'yes'],
      ['v1', 'stdio', 'no'],
    ] as const)('%s over %s: the person says %s', async (kind, transport, says) => {
      const questions: string[] = []
      const person = (message: string) => {
        questions.push(message)
        return answers[says]
      }
      const env = { POSTERN_ENVIRONMENT: environment, POSTERN_PRINCIPAL: 'kenji.t' }
      const target =
        transport === 'HTTP'
          ? { url: server.url, token: tokenOf('kenji.t') }
          : { server: 'customer-records', data, env }
      const client = await connect(target, { client: kind, person })
      try {
        const answer = await client.callTool('update_opportunity_stage', {
          opportunity_id: next(toAskAbout).opportunity_id,
          ...winning,
          idempotency_key: `asked-${kind}-${transport}-${says.replaceAll(' ', '-')}-01`,
        })
        expect(questions).toHaveLength(1)
        expect(questions[0]).toContain('closed_won')
        if (says === 'yes') expect(answer.structuredContent, answer.text).toMatchObject({ status: 'ok' })
        else expect(answer.error).toMatchObject({ code: 'PERMISSION_DENIED', details: { reason: 'approval_denied' } })
      } finally {
        await client.close()
      }
    })
  })
})
