// Writes docs/access-investigation.md: records a trail by driving the real tickets server through a week with a few
// events in it, asks the built command line ten questions about it, and puts down what it prints.
// Usage, after a build: node tools/run.mjs exec node tools/investigation.mjs
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, environmentWith, startHttp, startStdio } from '../packages/testing/src/index.ts'
import { bundleOf, repository } from '../packages/testing/src/repository.ts'

const scratch = mkdtempSync(join(tmpdir(), 'postern-investigation-'))
const data = join(scratch, 'data')
const environment = environmentWith(
  join(repository, 'servers/tickets/environments/development.yaml'),
  { approvals: { create_ticket: { when: { priority: ['P0'] }, by: ['incident-reader'] } } },
  join(scratch, 'development.yaml'),
)
const cli = join(repository, 'packages/cli/dist/main.mjs')

/** Loaded into every process, so that a minute here can be a week there. It moves the clock and nothing else. */
const clock = join(scratch, 'clock.mjs')
writeFileSync(
  clock,
  `const Real = Date
const offset = Real.parse(process.env.CLOCK_STARTS_AT) - Real.now()
globalThis.Date = class Date extends Real {
  constructor(...args) { args.length === 0 ? super(Real.now() + offset) : super(...args) }
  static now() { return Real.now() + offset }
}`,
)
const at = (time) => ({ NODE_OPTIONS: `--import=${clock}`, CLOCK_STARTS_AT: time })

/** A process on stdio, started at a time, that answers some calls. */
async function session(time, as, calls) {
  const env = { ...at(time), POSTERN_ENVIRONMENT: environment, POSTERN_PRINCIPAL: as }
  const server = startStdio({ server: 'tickets', data, env })
  try {
    return await calls(await connect(server))
  } finally {
    await server.stop()
  }
}

function postern(time, args, env = {}) {
  return run([cli, ...args], { ...at(time), POSTERN_DATA: data, POSTERN_ENVIRONMENT: environment, ...env })
}

function run(args, env) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(POSTERN_|FORCE_COLOR)/.test(name)),
  )
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...clean, ...env } })
  return { status, stdout, stderr }
}

const ticket = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person. It began with firmware 7.',
  labels: ['incident'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

try {
  const found = await record()
  writeFileSync(join(repository, 'docs/access-investigation.md'), document(found))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** The week. Answers with what an investigator would come with: ids from a report, a log, or another answer. */
async function record() {
  await session('2026-03-02T08:30:00Z', 'support', async (client) => {
    await client.callTool('search_tickets', { project_key: 'OPS', text: 'vpn', limit: 3 })
    await client.callTool('get_ticket', { ticket_id: 'OPS-12' })
    await client.callTool('search_tickets', { project_key: 'PAY', text: 'refund' })
  })
  await session('2026-03-02T14:05:00Z', 'developer', async (client) => {
    await client.callTool('get_ticket', { ticket_id: 'WEB-7' })
    await client.callTool('get_ticket', { ticket_id: 'OPS-12' })
    await client.callTool('create_ticket', {
      ...ticket,
      project_key: 'WEB',
      priority: 'P2',
      idempotency_key: 'web-fix-2026-03-02',
    })
  })
  const poisoned = await session('2026-03-03T09:12:00Z', 'support', async (client) => {
    const search = await client.callTool('search_tickets', {
      project_key: 'OPS',
      text: 'ignore all previous',
      limit: 1,
    })
    const id = search.structuredContent.tickets[0].ticket_id
    await client.callTool('get_ticket', { ticket_id: id })
    await client.callTool('create_ticket', { ...ticket, priority: 'P1', idempotency_key: 'archive-robot-0001' })
    await client.callTool('create_ticket', { ...ticket, priority: 'P1', idempotency_key: 'archive-robot-0001' })
    return id
  })
  const credential = await overHttp()
  const approval = await emergency()
  await session('2026-03-05T02:20:00Z', 'duty-manager', async (client) => {
    await client.callTool('search_tickets', { project_key: 'OPS', text: 'database', limit: 3 })
    await client.callTool('get_ticket', { ticket_id: 'OPS-12' })
  })
  return { poisoned, credential, approval }
}

/** A token that got into wrong hands is used for a while, and then one that was made up. */
async function overHttp() {
  const env = { ...at('2026-03-03T21:47:00Z'), POSTERN_DATA: data, POSTERN_ENVIRONMENT: environment }
  const token = run([bundleOf('tickets'), 'token', '--as', 'support'], env).stdout.trim()
  const server = await startHttp({ server: 'tickets', data, environment, env: at('2026-03-03T21:48:00Z') })
  try {
    const thief = await connect({ url: server.url, token })
    await thief.callTool('search_tickets', { project_key: 'OPS', text: 'password', limit: 20 })
    await thief.callTool('get_ticket', { ticket_id: 'OPS-12' })
    await server.request({
      method: 'POST',
      headers: { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` },
      body: '{}',
    })
  } finally {
    await server.stop()
  }
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).jti
}

async function emergency() {
  const call = {
    ...ticket,
    title: 'Every tape of the archive is unreadable',
    priority: 'P0',
    idempotency_key: 'tapes-unreadable-1',
  }
  const asked = await session('2026-03-04T10:00:00Z', 'support', (client) => client.callTool('create_ticket', call))
  const id = asked.error.details.approval_id
  const { status, stderr } = postern('2026-03-04T10:07:00Z', [
    'approvals',
    'tickets',
    'approve',
    id,
    '--as',
    'duty-manager',
  ])
  if (status !== 0) throw new Error(stderr)
  await session('2026-03-04T10:09:00Z', 'support', (client) => client.callTool('create_ticket', call))
  return id
}

function document({ poisoned, credential, approval }) {
  const query = (...filters) => ['audit', 'query', 'tickets', ...filters]
  const questions = [
    {
      asked: 'Is this trail what was written?',
      args: ['audit', 'verify', 'tickets'],
      says: 'First of all: an answer is worth what the records are worth. The exit code says it to a script: 0 intact, 1 tampered with, 2 nothing there, 3 intact up to a line that a crash left unfinished. What a clean result does not rule out is said too, because it depends on where the checkpoints and their key are kept.',
    },
    {
      asked: 'Who has seen ticket OPS-12?',
      args: query('--target', 'OPS-12'),
      says: 'Every record names the records that an answer held or a call was about, so lists count as well as single reads. The last line of every answer says on which verified range it rests. Who asked for it and was told that there is none is found by what was asked: `--value \'{"ticket_id":"OPS-12"}\'`.',
    },
    {
      asked: 'What did the developer do on 2 March?',
      args: query('--principal', 'developer', '--since', '2026-03-02', '--until', '2026-03-03'),
      says: 'Who called comes from the connection, never from the arguments of a call.',
    },
    {
      asked: 'What was refused, and which rule refused it?',
      args: query('--decision', 'denied'),
      says: 'A refusal is recorded like any other call, with the rule that made it.',
    },
    {
      asked: 'Who was turned away at the door?',
      args: query('--phase', 'auth_failure', '--columns', 'time,phase,detail'),
      says: 'Nobody is named here: who brings no valid token has proved no name.',
    },
    {
      asked: 'A token was stolen. What was done with it?',
      args: query('--credential', credential),
      says: 'The log knows the id of a token (its `jti`), never the token. `--format csv` gives all columns for a spreadsheet.',
    },
    {
      asked: `Ticket ${poisoned} turned out to carry instructions for the model. What was written by whoever had read it?`,
      args: query('--after-target', poisoned),
      says: 'Only writes, and only of callers who had read that ticket before. What reads like an order is marked `suspicious` when it is read.',
    },
    {
      asked: 'Who approved the emergency ticket, and what came of it?',
      args: query('--approval', approval, '--columns', 'time,principal,phase,outcome,targets'),
      says: 'A decision is an event of its own; the call that it was given for carries its id.',
    },
    {
      asked: 'A caller says it sent archive-robot-0001 only once. Was anything done twice?',
      args: query('--key', 'archive-robot-0001', '--columns', 'time,principal,phase,outcome,request'),
      says: 'The key was sent twice and the ticket opened once: one intent, one outcome, one replay. The log holds no key; the question is asked by its keyed hash. In the same way `--value` finds an input or an answer of which somebody has the text.',
    },
    {
      asked: 'What was read for the purpose “incident”, and by whom?',
      args: query('--purpose', 'incident', '--columns', 'time,principal,purpose,tool,targets'),
      says: 'Purposes come with the role and the token. A client can narrow them, never widen them.',
    },
  ]
  const redact = redactor()
  const file = join(scratch, 'week.jsonl')
  const shown = (args, env) => {
    const { status, stdout, stderr } = postern('2026-03-09T09:00:00Z', args, env)
    if (stdout === '') throw new Error(`${args.join(' ')} printed nothing: ${stderr}`)
    const line = args.map((word) => (/^[\w./:=,-]+$/.test(word) ? word : `'${word}'`)).join(' ')
    const code = status === 0 ? '' : `\n(exit code ${status})`
    return redact(`\`\`\`console\n$ npm run postern -- ${line}\n${stdout.trimEnd()}${code}\n\`\`\``)
  }
  const sections = questions.flatMap(({ asked, args, says }, at) => [
    `## ${at + 1}. ${asked}`,
    shown(args),
    wrapped(redact(says)),
  ])
  return `${[
    '# Access investigation',
    wrapped(
      'Ten questions that an investigator asks, each with the one command that answers it, and what it prints. Every command reads the trail itself: it needs no running server, changes nothing, and believes nothing that does not verify.',
    ),
    wrapped(
      'This page is written by `tools/investigation.mjs` (after a build: `node tools/run.mjs exec node tools/investigation.mjs`). It drives the real `tickets` server through a week, over stdio and HTTP, on its development file with one rule more (a P0 needs a second person); then it asks the built command line and puts down what that prints. The clocks of all processes are set to the week shown. Random ids, hashes and the path of the data directory are replaced by others of the same form, so that the page changes only when an answer does.',
    ),
    ...sections,
    '## Handing it over',
    'The records of a stretch of time go into one file, together with the signed checkpoint that proves them.',
    shown(['audit', 'export', 'tickets', '--since', '2026-03-03', '--until', '2026-03-04', '--out', file]),
    wrapped(
      'Whoever gets the file verifies it without an environment file, a data directory or trust in us. `--public-key` names a copy of the key that was kept elsewhere.',
    ),
    shown(['audit', 'verify', '--export', file], { POSTERN_DATA: undefined, POSTERN_ENVIRONMENT: undefined }),
    '## When somebody has been there before',
    wrapped(
      'The same trail, after one word in one record was changed on the disk. The first bad record and the kind of tampering are named, and no answer counts what stands behind it.',
    ),
    shown(['audit', 'verify', 'tickets', '--directory', tampered()]),
    shown(query('--principal', 'duty-manager', '--directory', join(scratch, 'changed'))),
  ].join('\n\n')}\n`
}

/** Lines as the other documents have them. */
function wrapped(text) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim()
    if (longer.length <= 120) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.join('\n')
}

/** A copy in which somebody tried to put a read onto somebody else. */
function tampered() {
  const to = join(scratch, 'changed')
  cpSync(join(data, 'development/audit'), to, { recursive: true })
  const file = join(to, 'tickets-0/000000000001.jsonl')
  const lines = readFileSync(file, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.includes('"WEB-7"'))
  writeFileSync(file, lines.with(at, lines[at].replace('"subject":"developer"', '"subject":"support"')).join('\n'))
  return to
}

/** Random texts become others of the same form and length, numbered in the order in which they appear. */
function redactor() {
  const known = new Map()
  const random =
    /apr_[\w-]{22}|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{16}\b|(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])/g
  function stand(text) {
    const [prefix = ''] = /^apr_/.exec(text) ?? []
    const digest = createHash('sha256').update(`stand-in ${known.size}`)
    const fresh = /[^0-9a-f-]/.test(text.slice(prefix.length)) ? digest.digest('base64url') : digest.digest('hex')
    let at = 0
    return (
      prefix +
      text
        .slice(prefix.length)
        .replace(/[^-]|-/g, (letter) => (letter === '-' && /^[0-9a-f-]+$/.test(text) ? '-' : (fresh[at++] ?? 'x')))
    )
  }
  return (text) =>
    text
      .replaceAll(data, '<data>')
      .replaceAll(scratch, '<copies>')
      .replace(random, (one) => {
        if (!known.has(one)) known.set(one, stand(one))
        return known.get(one)
      })
}
