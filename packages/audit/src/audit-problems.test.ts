import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import { auditProblems } from './audit-problems.ts'
import { auditSection } from './audit-section.ts'

let home: TemporaryDirectory
beforeEach(() => {
  home = temporaryDirectory()
})
afterEach(() => home.remove())

const problems = (section: object = {}) =>
  auditProblems({ section: auditSection.parse(section), environment, server, dataDirectory: home.path })
const segment = () => join(directoryIn(home.path), 'tickets-0', '000000000001.jsonl')

it('says nothing of a place that does not exist yet, nor of a trail that was left in order', async () => {
  expect(await problems({ checkpoints: { copy_to: join(home.path, 'copy', 'there') } })).toEqual([])
  const log = await logIn(home.path)
  await recordCalls(log, 10, 1)
  expect(await problems()).toEqual([])
  await log.close()
  expect(await problems()).toEqual([])
})

it('names a place that is no directory', async () => {
  const file = join(home.path, 'file')
  writeFileSync(file, '')
  expect(await problems({ directory: join(file, 'audit') })).toEqual([
    expect.stringMatching(/^audit\.directory .* cannot be written to \(ENOTDIR/),
  ])
  expect(await problems({ checkpoints: { copy_to: join(file, 'copy') } })).toEqual([
    expect.stringContaining('audit.checkpoints.copy_to'),
  ])
})

it.each<[string, (lines: string[]) => string[]]>([
  ['was cut', (lines) => lines.slice(0, -3)],
  ['was changed', (lines) => lines.with(-1, String(lines.at(-1)).replace('"stop"', '"start"'))],
])('names a chain whose end %s', async (_what, change) => {
  const log = await logIn(home.path)
  await recordCalls(log, 10, 1)
  await log.close()
  const lines = readFileSync(segment(), 'utf8').split('\n').slice(0, -1)
  writeFileSync(segment(), `${change(lines).join('\n')}\n`)
  expect(await problems()).toEqual([expect.stringMatching(/^the end of tickets-0 .* audit verify/)])
})
