import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askJson } from './ask-json.ts'
import { capturedTerminal } from './captured-terminal.ts'

let directory: TemporaryDirectory
beforeAll(() => {
  directory = temporaryDirectory()
})
afterAll(() => directory.remove())

function asking(program: string) {
  const main = join(directory.path, 'main.mjs')
  writeFileSync(main, program)
  return askJson({ name: 'tickets', main, built: true, development: '' }, [], capturedTerminal())
}

it('keeps what the bundle says to the person, without its log and what Node says', async () => {
  const { said } = await asking(
    `console.error('tickets: mind the gap.\\n{"level":30}\\n(node:1) Warning: new'); console.log('{}')`,
  )
  expect(said).toEqual(['mind the gap.'])
})

it('takes the end of a bundle that was killed for no answer of its own', async () => {
  const { code } = await asking(`process.stdout.write('{}', () => process.kill(process.pid, 'SIGKILL'))`)
  expect(code).toBe(70)
})
