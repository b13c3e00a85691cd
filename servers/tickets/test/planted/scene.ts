import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AuditLine,
  auditRecords,
  clientKinds,
  connect,
  environmentWith,
  type HttpServer,
  type Launch,
  type Planter,
  repository,
  runBundle,
  type StdioServer,
  startHttp,
  startPostgres,
  startStdio,
  temporaryDirectory,
  type Written,
} from '@postern/testing'
import { approvalSteps } from './approval-steps.ts'
import { overHttp, throughClient } from './caller.ts'
import { httpSteps } from './http-steps.ts'
import { stdioSteps } from './stdio-steps.ts'
import { type Step, step, type Taken, take } from './step.ts'
import { addressStep, toolSteps } from './tool-steps.ts'
import { auditFiles, auditRows, logOf, operationsOf } from './written.ts'

/** What became of everything that was planted over one transport. */
export interface Scene {
  readonly taken: Taken
  /** All that the processes have written beside their store. */
  readonly written: readonly Written[]
  readonly records: readonly AuditLine[]
  /** The records as `audit forward` sends them: line by line, from each sink. */
  readonly forwarded: Readonly<Record<string, readonly string[]>>
}

const development = join(repository, 'servers/tickets/environments/development.yaml')

/** What both need: calls enough, an address of the caller that stands in tickets, and records that are sent on. */
const common = (plant: Planter) => ({
  'limits.principal': '100000/min',
  'roles.support-agent.limits.create_ticket': '100000/min',
  'identity.local.principals.support.attributes.email': [plant.email('address of the caller')],
  'audit.checkpoints.every': 20,
  'audit.forward': 'stdout',
})

/** A server over HTTP, with its store in PostgreSQL and its records there and in files. */
export async function sceneOverHttp(
  plant: Planter,
  further: (http: HttpServer, token: string) => readonly Step[] = () => [],
): Promise<Scene> {
  const place = temporaryDirectory()
  const data = dataIn(place.path)
  const postgres = await startPostgres()
  const secret = join(place.path, 'database-url')
  writeFileSync(secret, postgres.url, { mode: 0o600 })
  const environment = environmentWith(
    development,
    {
      ...common(plant),
      approvals: { create_ticket: { when: { priority: ['P0'] }, by: ['incident-reader'] } },
      'http.drain_delay_ms': 0,
      store: { kind: 'postgres', url: `file:${secret}`, tls: 'off' },
      'audit.sink': ['file', 'postgres'],
      'audit.checkpoints.copy_to': 'postgres',
    },
    join(place.path, 'development.yaml'),
  )
  const launch = { server: 'tickets', data, env: { POSTERN_ENVIRONMENT: environment } }
  let http: HttpServer | undefined
  try {
    http = await startHttp({ server: 'tickets', data, environment })
    const token = (await output(launch, 'token', '--as', 'duty-manager')).trim()
    for (const part of token.split('.').slice(1)) plant.secret('part of a valid token', part)
    const taken = await take([
      ...toolSteps('modern', overHttp(http, { meta: clientOf(plant) }), plant),
      ...toolSteps('legacy', overHttp(http, { era: 'legacy' }), plant),
      ...httpSteps(http, plant),
      ...approvalSteps(http, token, plant),
      addressStep(overHttp(http, { token }), plant),
      ...further(http, token),
    ])
    const told = await operationsOf(http)
    await http.stop()
    const rows = await auditRows(postgres.url, data)
    const sinks = {
      file: await forwarded(launch, place.path, '--sink', 'file'),
      postgres: await forwarded(launch, place.path, '--sink', 'postgres'),
    }
    return {
      taken,
      records: auditRecords(data),
      forwarded: sinks,
      written: [
        ...auditFiles(data),
        ...told,
        logOf('the server over HTTP', http),
        ...textsOf({ ...rows, 'forwarded from files': sinks.file, 'forwarded from PostgreSQL': sinks.postgres }),
      ],
    }
  } finally {
    await http?.kill()
    await postgres.stop()
    place.remove()
  }
}

/** Servers on stdio, one for each client, on one data directory. */
export async function sceneOverStdio(plant: Planter): Promise<Scene> {
  const place = temporaryDirectory()
  const data = dataIn(place.path)
  const environment = environmentWith(development, common(plant), join(place.path, 'development.yaml'))
  const launch = { server: 'tickets', data, env: { POSTERN_ENVIRONMENT: environment } }
  const logs: Written[] = []
  const all: Taken[] = []
  async function during(name: string, env: Launch['env'], steps: (server: StdioServer) => Promise<readonly Step[]>) {
    const server = startStdio({ ...launch, env: { ...launch.env, ...env } })
    try {
      all.push(await take(await steps(server)))
      await server.stop()
    } finally {
      await server.kill()
    }
    logs.push(logOf(name, server))
  }
  try {
    for (const client of clientKinds)
      await during(client, {}, async (server) => {
        const caller = throughClient(await connect(server, { client, info: infoOf(plant) }))
        return toolSteps(client, caller, plant)
      })
    await during('lines', {}, async (server) => stdioSteps(server, plant))
    const claims = { iss: 'https://id.example.com/', sub: plant.email('sub'), name: plant.text('name') }
    for (const [name, env, ends] of [
      ['a bad token', { POSTERN_TOKEN: plant.token('token', claims) }, 'PERMISSION_DENIED/token_invalid'],
      ['a purpose', { POSTERN_PURPOSE: plant.text('purpose') }, 'PERMISSION_DENIED/purpose'],
    ] as const)
      await during(name, env, async (server) => {
        const caller = throughClient(await connect(server))
        return [step(`stdio: ${name}`, ends, 1, () => caller.tool('whoami', {}))]
      })
    const lines = await forwarded(launch, place.path)
    return {
      taken: {
        ended: Object.assign({}, ...all.map(({ ended }) => ended)),
        expected: Object.assign({}, ...all.map(({ expected }) => expected)),
        records: all.reduce((sum, { records }) => sum + records, 0),
      },
      records: auditRecords(data),
      forwarded: { file: lines },
      written: [...auditFiles(data), ...logs, ...textsOf({ forwarded: lines })],
    }
  } finally {
    place.remove()
  }
}

const infoOf = (plant: Planter) => ({
  name: plant.text('name of the client'),
  version: plant.text('version of the client'),
})
const clientOf = (plant: Planter) => ({ 'io.modelcontextprotocol/clientInfo': infoOf(plant) })

function dataIn(place: string): string {
  const data = join(place, 'data')
  mkdirSync(data, { mode: 0o700 })
  return data
}

async function forwarded(launch: Launch, place: string, ...sink: string[]): Promise<string[]> {
  const cursor = join(place, `forwarded${sink.join('')}.json`)
  const lines = await output(launch, 'audit', 'forward', '--once', '--cursor', cursor, ...sink)
  return lines.split('\n').filter((line) => line !== '')
}

/** What a command prints; it has nothing to say beside it. */
async function output(launch: Launch, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runBundle({ ...launch, args })
  if (code !== 0 || stderr !== '') throw new Error(`${args.join(' ')}: exit ${code}\n${stderr}`)
  return stdout
}

function textsOf(lines: Readonly<Record<string, readonly string[]>>): Written[] {
  return Object.entries(lines).map(([place, all]) => ({ place, text: all.join('\n') }))
}
