import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 100
const announceAfterMs = 2_000

/** Runs `work` while no other process of this checkout holds `file`. A lock whose holder has died is taken over. */
export async function withLock(file, work) {
  const since = Date.now()
  let announced = false
  while (!acquire(file)) {
    if (!announced && Date.now() - since > announceAfterMs) {
      console.error('[setup] waiting for another process that sets up this checkout')
      announced = true
    }
    await sleep(pollMs)
  }
  // A lock left behind by Ctrl-C would be recognised as dead, but tidy is better.
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

function acquire(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = holderOf(file)
  if (holder !== undefined && !isAlive(holder)) removeStale(file, holder)
  return false
}

/** Undefined when it was released meanwhile, or when its holder has not written its id yet. */
function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM' // alive, but somebody else's
  }
}

/** Two waiters may see the same dead holder; the rename shows which lock was really taken away. */
function removeStale(file, holder) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    if (holderOf(aside) === holder) rmSync(aside)
    else renameSync(aside, file)
  } catch {
    // another waiter was first
  }
}
