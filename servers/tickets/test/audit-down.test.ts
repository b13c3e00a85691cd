import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  connect,
  environmentWith,
  type HttpServer,
  type Launch,
  type McpClient,
  type Postgres,
  repository,
  type ServerProcess,
  startHttp,
  startPostgres,
  startStdio,
  temporaryDirectory,
} from '@postern/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Caller, expectRecorded, expectRefusal, intactTrail, until } from './audit-down.ts'
import { fullDisk, hangingPostgres, killedPostgres, type Trouble } from './audit-troubles.ts'
import { withoutPause } from './paused-postgres.ts'
import { withoutSmallDisk } from './small-disk.ts'

const development = join(repository, 'servers/tickets/environments/development.yaml')
const transports = ['stdio', 'http'] as const
type Transport = (typeof transports)[number]

interface Service {
  readonly launch: Launch
  readonly process: ServerProcess
  readonly client: McpClient
  /** What a load balancer is told; on stdio there is none. */
  readonly readiness?: () => Promise<number | undefined>
}

const closing: (() => unknown)[] = []
let postgres: Postgres

beforeAll(async () => {
  // With fsync: what a killed one has acknowledged is there again.
  postgres = await startPostgres({ fsync: true })
})
afterAll(async () => {
  await postgres?.stop()
})
afterEach(async () => {
  const failed: unknown[] = []
  for (const close of closing.splice(0).reverse())
    try {
      await close()
    } catch (error) {
      failed.push(error)
    }
  expect(failed).toEqual([])
})

describe.each(transports)('what cannot be recorded is neither done nor answered, over %s', (transport) => {
  const title = (text: string, without: string | undefined) => (without ? `${text} (not here: ${without})` : text)

  it.skipIf(withoutSmallDisk)(title('on a disk that is full', withoutSmallDisk), { timeout: 60_000 }, () =>
    outlasts(transport, fullDisk),
  )

  it('with a PostgreSQL that is killed', { timeout: 60_000 }, () =>
    outlasts(transport, (place) => killedPostgres(place, postgres)),
  )

  it.skipIf(withoutPause)(title('with a PostgreSQL that hangs', withoutPause), { timeout: 60_000 }, () =>
    outlasts(transport, (place) => hangingPostgres(place, postgres)),
  )
})

/** A service before, in and after trouble, without a restart, and what its trail says of all that. */
async function outlasts(transport: Transport, troubleIn: (place: string) => Promise<Trouble>): Promise<void> {
  const directory = temporaryDirectory()
  closing.push(() => directory.remove())
  const trouble = await troubleIn(directory.path)
  closing.push(() => trouble.remove?.())
  const service = await start(transport, trouble, directory.path)
  const caller = new Caller(service.client)
  await works(service, caller)

  const end = await begun(trouble)
  await refuses(service, caller)
  await end()
  await until(
    'a read after the repair',
    ({ answer }) => !answer.isError,
    () => caller.get(),
  )

  await works(service, caller)
  await expectNoneLostAndNoneTwice(caller)
  expect(await service.process.stop()).toEqual({ code: 0, signal: null })
  const log = service.process.stderr.text
  expect(log).toContain('the audit trail cannot be written')
  expect(log).toContain('the audit trail can be written again')
  for (const { answer } of caller.answered) if (answer.error) expect(log).toContain(answer.error.request_id)
  const trail = await intactTrail(service.launch, directory.path)
  expect(trail).toContainEqual(
    expect.objectContaining({ phase: 'resumed', detail: expect.objectContaining({ reason: 'outage' }) }),
  )
  expectRecorded(caller.answered, trail)
}

async function start(transport: Transport, { changes, node }: Trouble, place: string): Promise<Service> {
  const all = { 'http.drain_delay_ms': 0, ...changes }
  const environment = environmentWith(development, all, join(place, 'environment.yaml'))
  const data = join(place, 'data')
  mkdirSync(data, { mode: 0o700 })
  const launch = { server: 'tickets', data, env: { POSTERN_ENVIRONMENT: environment }, ...(node && { node }) }
  const process = transport === 'http' ? await startHttp({ ...launch, environment }) : startStdio(launch)
  closing.push(() => process.kill())
  if (!isHttp(process)) return { launch, process, client: await connect(process) }
  const client = await connect({ url: process.url })
  return { launch, process, client, readiness: () => process.status('/readyz') }
}

const isHttp = (process: ServerProcess): process is HttpServer => 'operations' in process

/** @returns ends it; otherwise the end of the test does, so that the next one finds its PostgreSQL */
async function begun(trouble: Trouble): Promise<() => Promise<void>> {
  let lasts = true
  const end = async () => {
    if (lasts) await trouble.end()
    lasts = false
  }
  closing.push(end)
  await trouble.begin()
  return end
}

/** The write comes last: its record is durable, and so are those before it. */
async function works({ readiness }: Service, caller: Caller): Promise<void> {
  for (const call of [() => caller.search(), () => caller.get(), () => caller.create()])
    expect(await call()).toMatchObject({ answer: { isError: false } })
  if (readiness) expect(await readiness()).toBe(200)
}

async function refuses({ readiness }: Service, caller: Caller): Promise<void> {
  const from = caller.answered.length
  // A full disk still has room in the last page of the segment. What fits there is recorded and may be answered.
  await until(
    'a refusal of all calls',
    (answered) => answered.every(({ answer }) => answer.isError),
    () => caller.together(1),
  )
  const refused = caller.answered.slice(from).filter(({ answer }) => answer.isError)
  for (const answered of [...refused, ...(await caller.together(3))]) expectRefusal(answered)
  if (readiness)
    await until(
      'not to be ready',
      (status) => status === 503,
      async () => {
        expectRefusal(await caller.get())
        return readiness()
      },
    )
}

/** Sent again under its key, every write succeeds, and it has happened once. */
async function expectNoneLostAndNoneTwice(caller: Caller): Promise<void> {
  for (const { marker, answer } of [...caller.answered]) {
    if (marker === undefined) continue
    // Who was told `audit_down` was told that nothing happened.
    if (answer.error?.details.reason === 'audit_down')
      expect({ marker, found: await caller.ticketsOf(marker) }).toEqual({ marker, found: 0 })
    expect(await caller.create(marker)).toMatchObject({ answer: { isError: false } })
    expect({ marker, found: await caller.ticketsOf(marker) }).toEqual({ marker, found: 1 })
  }
}
