import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileTrail } from '../src/file-trail.ts'
import { parseLine } from '../src/read-line.ts'
import { verify } from '../src/verify.ts'
import { type Figure, figure, type Proof } from './figure.ts'
import { directoryIn, environment, server } from './recorded-trail.ts'
import { runUntilKilled } from './run-until-killed.ts'

const caller = new URL('./caller.ts', import.meta.url)
const perRun = 250

/** Calls by processes that are killed again and again: does every effect and every answer have its record? */
export async function proveCompleteness({ scratch, onProgress }: Proof, calls: number): Promise<Figure> {
  const home = join(scratch, 'completeness')
  const effectsFile = join(scratch, 'effects')
  const answers: string[] = []
  let runs = 0
  for (; answers.length < calls; runs++) {
    const said = await runUntilKilled(caller, [home, String(runs), '100000', effectsFile], perRun)
    answers.push(...said.slice(1))
    onProgress('calls with kills', Math.min(answers.length, calls), calls)
  }
  const effects = existsSync(effectsFile) ? readFileSync(effectsFile, 'utf8').split('\n').slice(0, -1) : []

  const intents = new Set<string>()
  const ends = new Set<string>()
  const { exitCode } = await verify({
    trail: fileTrail({ directory: directoryIn(home), server, environment }),
    onRecord(line) {
      const record = parseLine(line)
      if (record?.request === undefined) return
      if (record.phase === 'intent') intents.add(record.request)
      else ends.add(record.request)
    },
  })
  const missing =
    effects.filter((request) => !intents.has(request)).length +
    answers.filter((answer) => !ends.has(answer.split(' ')[1] ?? '')).length
  const shown = `${missing} missing of ${effects.length} effects and ${answers.length} answers, ${runs} kills, verify exit ${exitCode}`
  return figure(
    'Every effect, every answer and every refusal has its record, through kills',
    '0 missing',
    shown,
    missing === 0 && exitCode !== 1,
  )
}
