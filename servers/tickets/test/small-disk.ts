import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillDisk, Lines, within } from '@postern/testing'

/** A file system of one MiB, which only its keeper and programs started with `node` see. */
export interface SmallDisk {
  /** Where it is for the programs on it. */
  readonly path: string
  /** Runs Node.js there; for `Launch.node`. */
  readonly node: string
  /** Takes every byte that is left. */
  fill(): void
  /** Gives back what `fill` took. */
  free(): void
  remove(): Promise<void>
}

interface Way {
  /** Runs a command in a mount namespace of its own. */
  readonly leave: readonly [string, ...string[]]
  /** Runs a command in that namespace too, after `-t <pid>`. */
  readonly enter: string
}

/** As root, and as anybody else where a user may be root of a namespace of their own. */
const ways: readonly Way[] = [
  { leave: ['unshare', '-m'], enter: '-m' },
  { leave: ['unshare', '-Urm'], enter: '-U -m --preserve-credentials' },
]
const mountLimitMs = 5_000
const mount = 'mount -t tmpfs -o size=1m tmpfs "$1"'

const way = ways.find(({ leave: [program, ...flags] }) => {
  const { status } = spawnSync(program, [...flags, 'sh', '-c', `${mount} && command -v nsenter`, 'sh', '/tmp'])
  return status === 0
})

/** Why this machine has no small disks; undefined when it has. */
export const withoutSmallDisk = way === undefined ? 'no mount namespaces' : undefined

/**
 * Makes one in the directory `place`. It stands in a mount namespace, so that it is gone with its keeper, and the
 * keeper with this process, however that ends.
 */
export async function smallDisk(place: string): Promise<SmallDisk> {
  if (way === undefined) throw new Error(withoutSmallDisk)
  const path = join(place, 'small-disk')
  mkdirSync(path)
  const keeper = await startKeeper(way, path)
  const ballast = `/proc/${keeper.pid}/root${path}/ballast`
  return {
    path,
    node: entrance(way, keeper, join(place, 'node-on-small-disk')),
    fill: () => fillDisk(ballast),
    free: () => rmSync(ballast, { force: true }),
    async remove() {
      const ended = once(keeper, 'exit')
      keeper.stdin?.end()
      await within(mountLimitMs, 'the end of the small disk', ended)
    },
  }
}

async function startKeeper({ leave: [program, ...flags] }: Way, path: string): Promise<ChildProcess> {
  const keeper = spawn(program, [...flags, 'sh', '-c', `${mount} && echo mounted && exec cat`, 'sh', path], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const mounted = new Lines(keeper.stdout).find((line) => line === 'mounted')
  await within(mountLimitMs, 'the mount of the small disk', mounted)
  return keeper
}

function entrance({ enter }: Way, keeper: ChildProcess, file: string): string {
  writeFileSync(file, `#!/bin/sh\nexec nsenter -t ${keeper.pid} ${enter} '${process.execPath}' "$@"\n`, { mode: 0o755 })
  return file
}
