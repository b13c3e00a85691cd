import { join } from 'node:path'
import { fileTrail } from '../src/file-trail.ts'
import { verify } from '../src/verify.ts'
import { type Figure, figure, type Proof } from './figure.ts'
import { directoryIn, environment, logIn, recordCalls, server } from './recorded-trail.ts'
import { runUntilKilled } from './run-until-killed.ts'
import { tamper } from './tamper.ts'

const writer = new URL('./writer.ts', import.meta.url)

/** Random single changes of real trails: is each named with its kind and its first record? */
export async function proveDetection({ scratch, seed, onProgress }: Proof, rounds: number): Promise<Figure> {
  const home = join(scratch, 'detection')
  const options = { section: { checkpoints: { every: 40 } }, file: { segmentBytesMax: 60_000 } }
  const logs = [await logIn(home, options), await logIn(home, options), await logIn(home, options)]
  await Promise.all(logs.map((log, i) => recordCalls(log, 200, i)))
  for (const log of logs) await log.close()

  const wrong: string[] = []
  let done = 0
  for await (const { right, mutation, expected, found } of tamper(
    directoryIn(home),
    join(home, 'tampered'),
    rounds,
    seed,
  )) {
    if (!right) wrong.push(`${mutation}: expected ${expected}, found ${found || 'nothing'}`)
    done += 1
    onProgress('single changes', done, rounds)
  }
  const shown = `${rounds - wrong.length} of ${rounds} named${wrong.length > 0 ? `; ${wrong.slice(0, 3).join('; ')}` : ''}`
  return figure(
    'Every single change of 8 kinds is named with its kind and its first record',
    `${rounds} of ${rounds}`,
    shown,
    wrong.length === 0,
  )
}

/** Trails that nobody touched, half of them of processes that were killed under load. */
export async function proveNoFalseAlarm({ scratch, onProgress }: Proof, trails: number): Promise<Figure> {
  let alarms = 0
  for (let n = 0; n < trails; n++) {
    const home = join(scratch, `clean-${n}`)
    if (n % 2 === 0) {
      const log = await logIn(home)
      await recordCalls(log, 100, n)
      await log.close()
      alarms += (await exitCode(home)) === 0 ? 0 : 1
    } else {
      await runUntilKilled(writer, [home, String(n)], 50 + ((n * 37) % 400))
      const killed = await exitCode(home)
      // The next start repairs what the kill had torn, and goes on.
      await runUntilKilled(writer, [home, String(n + trails), '20'])
      const resumed = await exitCode(home)
      alarms += (killed === 0 || killed === 3) && resumed === 0 ? 0 : 1
    }
    onProgress('untouched trails', n + 1, trails)
  }
  return figure(
    `${trails} untouched trails, half of processes killed with SIGKILL under load`,
    '0 false alarms',
    `${alarms} false alarms`,
    alarms === 0,
  )
}

async function exitCode(home: string): Promise<number> {
  return (await verify({ trail: fileTrail({ directory: directoryIn(home), server, environment }) })).exitCode
}
