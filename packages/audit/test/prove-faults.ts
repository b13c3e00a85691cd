import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '@postern/store'
import { openStore, storeSection } from '@postern/store'
import { startPostgres } from '@postern/testing'
import type { AuditLog } from '../src/audit-log.ts'
import { auditMigrations } from '../src/migrations.ts'
import { type DiskFault, FaultyDisk } from './faulty-disk.ts'
import { type Figure, figure, type Proof } from './figure.ts'
import { audited, callOf, createTicket, getTicket, ok, writing } from './pipeline.ts'
import { environment, logIn, server } from './recorded-trail.ts'

const limitMs = 5_000
const callsDuring = 50

interface Fault {
  readonly name: string
  open(): Promise<AuditLog>
  begin(): Promise<void> | void
  end(): Promise<void> | void
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
  const log = await fault.open()
  let effects = 0
  let leaked = 0
  let slowest = 0
  const read = audited(log, async () => ok({ status: 'ok', secret: 1 }))
  const write = audited(
    log,
    writing(() => {
      effects += 1
      return ok()
    }),
  )
  await read(callOf(getTicket))
  await fault.begin()
  for (let n = 0; n < callsDuring; n++) {
    const began = performance.now()
    const replies = await Promise.all([read(callOf(getTicket)), write(callOf(createTicket))])
    slowest = Math.max(slowest, performance.now() - began)
    leaked += replies.filter(({ isError }) => !isError).length
  }
  await fault.end()
  const repaired = performance.now()
  while (log.problem() !== undefined && performance.now() - repaired < 2 * limitMs)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const backMs = performance.now() - repaired
  const works = !(await read(callOf(getTicket))).isError
  await log.close()
  await fault.after?.()
  const shown = `${effects} effects, ${leaked} results, slowest refusal ${Math.round(slowest)} ms, back after ${Math.round(backMs)} ms`
  const met = effects === 0 && leaked === 0 && works && backMs <= limitMs && slowest <= 2_500
  return figure(
    `Sink ${fault.name}: nothing happens and nothing leaves`,
    '0 effects, 0 results, back within 5 s',
    shown,
    met,
  )
}

function injected(scratch: string): Fault[] {
  const faults: DiskFault[] = ['full', 'half', 'read-only', 'hung', 'hung-then-written']
  return faults.map((name) => {
    const disk = new FaultyDisk()
    return {
      name: `${name} (injected)`,
      open: () => logIn(join(scratch, `fault-${name}`), { file: { disk } }),
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
      open: () => (small(), logIn(mount)),
      begin: () => fill(ballast),
      end: () => rmSync(ballast),
      after: unmount,
    },
    {
      name: 'on a disk that hangs (ext4, frozen)',
      possible: loop() && run('fsfreeze', '-f', mount) && run('fsfreeze', '-u', mount) && run('umount', mount),
      open: () => (loop(), logIn(mount)),
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

function fill(file: string): void {
  for (let size = 1 << 20; size >= 1; size = Math.trunc(size / 2))
    try {
      while (true) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    } catch {
      // Full for this size; the next takes what is left.
    }
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
    begin: () => postgres.kill(),
    end: () => postgres.restart(),
    async after() {
      await store.close()
      await stop()
    },
  }
}
