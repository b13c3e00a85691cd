import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Postgres } from '@postern/testing'

/** Why PostgreSQL cannot be paused on this machine; undefined when it can. */
export const withoutPause = existsSync(childrenFile(process.pid)) ? undefined : 'no list of child processes'

/**
 * Stops all processes of a PostgreSQL where they are: its connections stay open, the kernel takes new ones, and nothing
 * is ever answered.
 *
 * @returns lets them go on, which they also do when this process ends in any way: stopped ones could not be ended
 */
export function pausePostgres(postgres: Postgres): () => Promise<void> {
  const first = Number.parseInt(readFileSync(join(postgres.home, 'data', 'postmaster.pid'), 'utf8'), 10)
  // It goes first, so that no child is missed.
  process.kill(first, 'SIGSTOP')
  const children = childrenOf(first)
  const guard = spawn('sh', ['-c', 'read -r _; kill -s CONT "$@"', 'sh', `${first}`, ...children], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const ended = once(guard, 'exit')
  for (const child of children) process.kill(Number(child), 'SIGSTOP')
  return async () => {
    guard.stdin?.end()
    await ended
  }
}

function childrenOf(pid: number): string[] {
  return readFileSync(childrenFile(pid), 'utf8').split(' ').filter(Boolean)
}

function childrenFile(pid: number): string {
  return `/proc/${pid}/task/${pid}/children`
}
