import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { sampleSet } from '../src/sample/sample-set.ts'

const processes = 5

it('puts the sample set into an empty directory once when five processes start on it at the same time', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postern-customers-'))
  try {
    const script = fileURLToPath(new URL('./load-sample.test-kit.ts', import.meta.url))
    const run = () => promisify(execFile)(process.execPath, [script, directory])
    const said = await Promise.all(Array.from({ length: processes }, run))
    expect(said.map(({ stdout }) => stdout.trim())).toEqual(Array(processes).fill(`${sampleSet().customers.length}`))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
