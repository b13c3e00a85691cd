import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '@postern/store'
import { openStore, storeSection } from '@postern/store'
import { fillDisk, startPostgres } from '@postern/testing'
import type { Call, Handler } from '@postern/tool'
import type { AuditLog } from '../src/audit-log.ts'
import { fileTrail } from '../src/file-trail.ts'
import { auditMigrations } from '../src/migrations.ts'
import { postgresTrail } from '../src/postgres-trail.ts'
import { parseLine } from '../src/read-line.ts'
import type { Trail } from '../src/trail.ts'
import { verify } from '../src/verify.ts'
import { type DiskFault, FaultyDisk } from './faulty-disk.ts'
import { type Figure, figure, type Proof } from './figure.ts'
import { audited, callOf, createTicket, getTicket, ok, writing } from './pipeline.ts'
import { directoryIn, environment, logIn, server } from './recorded-trail.ts'

const limitMs = 5_000
const callsDuring = 50
/** Two seconds of waiting, and what a busy machine adds. */
const slowestMsMax = 2_500

interface Fault {
  readonly name: string
  open(): Promise<AuditLog>
  begin(): Promise<void> | void
  end(): Promise<void> | void
  /** What is on record then. */
  trail(): Trail
  after?(): Promise<void> | void
}

/** With each fault in turn: does anything happen or leave without a record, and how fast is it back? */
export async function proveFaults(proof: Proof): Promise<Figure[]> {
  const faults = [...injected(proof.scratch), ...realDisks(proof.scratch), postgresDown(proof.scratch)]
  const figures: Figure[] = []
  for (const [n, fault] of faults.entries()) {
    figures.push(await prove(fault))
    proof.onProgress('sinks that fail', n + 1, faults.length)
  }
  return figures
}

async function prove(fault: Fault): Promise<Figure> {
  try {
    return await withFault(fault)
  } finally {
    await fault.after?.()
  }
}

async function withFault(fault: Fault): Promise<Figure> {
  const log = await fault.open()
  const effects: string[] = []
  const results: string[] = []
  let slowestMs = 0
  const read = audited(log, async () => ok({ status: 'ok', secret: 1 }))
  const write = audited(
    log,
    writing((call) => {
      effects.push(call.requestId)
      return ok()
    }),
  )
  const answer = async (handle: Handler, call: Call) => {
    const began = performance.now()
    const { isError } = await handle(call)
    slowestMs = Math.max(slowestMs, performance.now() - began)
    if (!isError) results.push(call.requestId)
    return !isError
  }
  await fault.begin()
  for (let n = 0; n < callsDuring; n++)
    await Promise.all([answer(read, callOf(getTicket)), answer(write, callOf(createTicket))])
  await fault.end()
  const repaired = performance.now()
  while (log.problem() !== undefined && performance.now() - repaired < 2 * limitMs)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const backMs = performance.now() - repaired
  const works = await answer(read, callOf(getTicket))
  await log.close()

  const recorded = new Set<string>()
  const { exitCode } = await verify({
    trail: fault.trail(),
    onRecord: (line) => recorded.add(parseLine(line)?.request ?? ''),
  })
  const without = [...effects, ...results].filter((request) => !recorded.has(request)).length
  const shown = `${without} without a record (${effects.length} effects, ${results.length} results in all), slowest answer ${Math.round(slowestMs)} ms, back after ${Math.round(backMs)} ms, verify exit ${exitCode}`
  const met = without === 0 && works && exitCode === 0 && backMs <= limitMs && slowestMs <= slowestMsMax
  return figure(
    `Sink ${fault.name}: nothing happens and nothing leaves without a record`,
    '0 without a record, every answer within 2 s, back within 5 s of repair',
    shown,
    met,
  )
}

const filesIn = (home: string): Trail => fileTrail({ directory: directoryIn(home), server, environment })

function injected(scratch: string): Fault[] {
  const faults: DiskFault[] = ['full', 'half', 'read-only', 'hung', 'hung-then-written']
  return faults.map((name) => {
    const disk = new FaultyDisk()
    return {
      name: `${name} (injected)`,
      open: () => logIn(join(scratch, `fault-${name}`), { file: { disk } }),
      trail: () => filesIn(join(scratch, `fault-${name}`)),
      begin: () => {
        disk.fault = name
      },
      end: () => {
        disk.fault = 'none'
      },
    }
  })
}

/** File systems of their own, where this account may make them: one really full, one really hung. */
function realDisks(scratch: string): Fault[] {
  const mount = join(scratch, 'disk')
  const image = join(scratch, 'image')
  const run = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0
  mkdirSync(mount)
  const small = () => run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount)
  const loop = () => {
    rmSync(image, { force: true })
    return (
      run('truncate', '-s', '16M', image) && run('mkfs.ext4', '-q', image) && run('mount', '-o', 'loop', image, mount)
    )
  }
  const unmount = () => {
    run('umount', mount)
  }
  const ballast = join(mount, 'ballast')
  const faults: (Fault & { readonly possible: boolean })[] = [
    {
      name: 'on a disk that is full (tmpfs)',
      possible: small() && run('umount', mount),
      open: () => {
        small()
        return logIn(mount)
      },
      trail: () => filesIn(mount),
      begin: () => fillDisk(ballast),
      end: () => rmSync(ballast),
      after: unmount,
    },
    {
      name: 'on a disk that hangs (ext4, frozen)',
      possible: loop() && run('fsfreeze', '-f', mount) && run('fsfreeze', '-u', mount) && run('umount', mount),
      open: () => {
        loop()
        return logIn(mount)
      },
      trail: () => filesIn(mount),
      begin: () => {
        run('fsfreeze', '-f', mount)
      },
      end: () => {
        run('fsfreeze', '-u', mount)
      },
      after: unmount,
    },
  ]
  return faults.filter(({ possible }) => possible)
}

function postgresDown(scratch: string): Fault {
  let stop: () => Promise<void>
  let postgres: Awaited<ReturnType<typeof startPostgres>>
  let store: Store
  return {
    name: 'PostgreSQL, killed',
    async open() {
      postgres = await startPostgres({ fsync: true })
      stop = () => postgres.stop()
      const config = storeSection.parse({ kind: 'postgres', url: 'env:URL', tls: 'off' })
      store = await openStore({
        config,
        url: async () => postgres.url,
        server,
        environment,
        dataDirectory: scratch,
        migrations: auditMigrations,
      })
      return logIn(scratch, { section: { sink: 'postgres' }, store })
    },
    trail: () => postgresTrail({ store, server, environment, keyBeside: true }),
    begin: () => postgres.kill(),
    end: () => postgres.restart(),
    async after() {
      await store.close()
      await stop()
    },
  }
}
