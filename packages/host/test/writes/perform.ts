import { setTimeout as delay } from 'node:timers/promises'
import type { HttpServer } from '@postern/testing'
import { parkedLine, trialLeaseMs } from '../../src/testing/faults/strikes.ts'
import { atUpstream, holdsTransaction } from './cases.ts'
import type { Fleet, Kind } from './fleet.ts'
import type { Strike } from './plan.ts'
import type { Round } from './round.ts'
import type { Stage } from './stage.ts'

const thereLimitMs = 10_000
const answerLimitMs = 2_000
const lockWaitMs = 200
/** Outlives the restart of a database, and an upstream that takes its time on a busy machine. */
const longLeaseMs = 3_000

/** What a process has to be like to be struck so. */
export function kindFor({ fault }: Strike): Kind {
  return {
    path: fault === 'lost commit' ? 'lossy' : 'direct',
    leaseMs: fault === 'database' || fault === 'upstream' ? longLeaseMs : trialLeaseMs,
  }
}

interface Scene {
  readonly stage: Stage
  readonly fleet: Fleet
  readonly strike: Strike
  readonly rounds: readonly Round[]
  /** Chooses among what may come first; from 0 to 1. */
  readonly chance: number
}

/** Begins the writes and strikes them. Resolves when the fault has happened; `ended` when all of them have an end. */
export async function perform(scene: Scene): Promise<{ readonly ended: Promise<void> }> {
  const victim = await scene.fleet.take(kindFor(scene.strike))
  switch (scene.strike.fault) {
    case 'kill':
      return kill(scene, victim)
    case 'lost commit':
      return loseCommit(scene, victim)
    case 'database':
      return killDatabase(scene, victim)
    case 'pause':
      return pause(scene, victim)
    case 'upstream':
      return misbehave(scene, victim)
  }
}

async function kill(scene: Scene, victim: HttpServer) {
  const { fleet, rounds } = scene
  const [only] = rounds
  if (only && rounds.length === 1) await die(scene, victim, only)
  else await park(scene, victim, rounds)
  await fleet.kill(victim)
  struck(rounds)
  return { ended: settle(scene, rounds) }
}

/** By its own hand at the very point, or by that of the upstream. */
async function die({ stage }: Scene, victim: HttpServer, round: Round): Promise<void> {
  const { one, marker } = round
  const { point } = one
  if (point === 'K3' || point === 'K4') {
    await stage.upstream.fail(marker, { do: 'kill', at: point === 'K3' ? 'before' : 'after', pid: victim.pid })
    await round.begin(victim)
  } else await round.begin(victim, { at: point, do: 'die', id: marker })
  await Promise.race([victim.exited, delay(thereLimitMs, undefined, { ref: false })])
}

async function loseCommit(scene: Scene, victim: HttpServer) {
  const { stage, fleet, strike, rounds } = scene
  const proxy = stage.database?.proxy
  await park(scene, victim, rounds)
  for (const { one } of rounds) {
    // The outcome of what was sent is one statement and no transaction.
    const single = one.point === 'K5' && one.way.recovery !== 'transaction'
    const lost = proxy?.loseAnswerTo(single ? '"finished_at" =' : 'commit\0')
    struck(rounds)
    await release(scene, victim)
    await Promise.race([lost, delay(thereLimitMs, undefined, { ref: false })])
    proxy?.calm()
  }
  const ended = settle(scene, rounds).then(() => fleet.giveBack(victim, kindFor(strike)))
  return { ended }
}

/** Half of them go on while the database is down, half when it is there again. */
async function killDatabase(scene: Scene, victim: HttpServer) {
  const { stage, fleet, strike, rounds, chance } = scene
  await park(scene, victim, rounds)
  await stage.database?.postgres.kill()
  struck(rounds)
  if (chance < 0.5) {
    await release(scene, victim)
    const all = Promise.all(rounds.map((round) => round.first))
    await Promise.race([all, delay(answerLimitMs, undefined, { ref: false })])
    await stage.database?.postgres.restart()
  } else {
    await stage.database?.postgres.restart()
    await release(scene, victim)
  }
  const ended = settle(scene, rounds).then(() => fleet.giveBack(victim, kindFor(strike)))
  return { ended }
}

/** Stopped past its lease; another process takes over what can be taken over; then it goes on where it was. */
async function pause(scene: Scene, victim: HttpServer) {
  const { stage, fleet, strike, rounds } = scene
  await park(scene, victim, rounds)
  await stop(scene, victim)
  struck(rounds)
  // The upstream does not wait: its answer lies in the socket of a process that does not run.
  await Promise.all(rounds.filter(({ one }) => atUpstream(one)).map(({ marker }) => stage.upstream.release(marker)))
  const resumed = async () => {
    const held = rounds.filter(({ one }) => holdsTransaction(one))
    const pastLease = delay(trialLeaseMs * 1.5)
    await settle(
      scene,
      rounds.filter((round) => !held.includes(round)),
    )
    await pastLease
    victim.child.kill('SIGCONT')
    await release(scene, victim)
    await settle(scene, held)
    await Promise.all(rounds.map((round) => round.first))
    await fleet.giveBack(victim, kindFor(strike))
  }
  return { ended: resumed() }
}

/**
 * Stopped in the middle of a statement, it would hold SQLite's one write lock: nobody else could write until it goes on,
 * and there would be no takeover to be seen. Then it is let go and stopped again.
 */
async function stop({ stage, rounds }: Scene, victim: HttpServer): Promise<void> {
  for (;;) {
    victim.child.kill('SIGSTOP')
    if (rounds.some(({ one }) => holdsTransaction(one)) || (await isWritable(stage))) return
    victim.child.kill('SIGCONT')
    await delay(lockWaitMs)
  }
}

async function isWritable({ store }: Stage): Promise<boolean> {
  const open = await store.begin({ lockWaitMs }).catch(() => undefined)
  await open?.rollback()
  return open !== undefined
}

async function misbehave(scene: Scene, victim: HttpServer) {
  const { stage, fleet, strike, rounds } = scene
  for (const { one, marker } of rounds) if (one.upstream) await stage.upstream.fail(marker, one.upstream)
  await Promise.all(rounds.map((round) => round.begin(victim)))
  struck(rounds)
  const ended = settle(scene, rounds).then(() => fleet.giveBack(victim, kindFor(strike)))
  return { ended }
}

/** Begins the writes, and resolves when each of them is where it is to be struck. */
async function park({ stage }: Scene, victim: HttpServer, rounds: readonly Round[]): Promise<void> {
  const there = async (round: Round) => {
    const { one, marker } = round
    const { point } = one
    let arrived: Promise<unknown>
    if (point === 'K3' || point === 'K4') {
      await stage.upstream.fail(marker, { do: 'hold', at: point === 'K3' ? 'before' : 'after' })
      await round.begin(victim)
      arrived = stage.upstream.held(marker)
    } else {
      await round.begin(victim, { at: point, do: 'park', id: marker })
      arrived = victim.stderr.find((line) => line === parkedLine(marker))
    }
    arrived.catch(() => undefined)
    await Promise.race([arrived, round.first, delay(thereLimitMs, undefined, { ref: false })])
  }
  const last = rounds.filter(({ one }) => holdsTransaction(one))
  await Promise.all(rounds.filter((round) => !last.includes(round)).map(there))
  for (const round of last) await there(round)
}

async function release({ stage, rounds }: Scene, victim: HttpServer): Promise<void> {
  for (const { one, marker } of rounds)
    if (atUpstream(one)) await stage.upstream.release(marker)
    else victim.child.stdin?.write(`${marker}\n`)
}

async function settle({ fleet, chance }: Scene, rounds: readonly Round[]): Promise<void> {
  const witness = await fleet.witness
  await Promise.all(rounds.map((round, n) => round.settle(witness, (chance * 64 + n) % 2 < 1 ? 'caller' : 'completer')))
  await Promise.all(rounds.filter(({ one }) => one.fault !== 'pause').map((round) => round.first))
}

function struck(rounds: readonly Round[]): void {
  const now = performance.now()
  for (const round of rounds) round.struckAt = now
}
