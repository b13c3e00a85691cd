import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryDirectory } from '@postern/testing'
import { expect, it } from 'vitest'

const processes = 5

/**
 * What has to hold of a sample set when processes start on one directory.
 *
 * @param backendModule the module that exports the server's `backend`
 * @param rows how many rows of each table the sample set has
 */
export function sampleProcessesSuite(backendModule: URL, rows: Readonly<Record<string, number>>): void {
  it('puts the sample set into an empty directory once when five processes start on it at the same time', async () => {
    const directory = temporaryDirectory()
    try {
      const script = fileURLToPath(new URL('./load-sample.test-kit.ts', import.meta.url))
      const run = () =>
        promisify(execFile)(process.execPath, [script, backendModule.href, directory.path, ...Object.keys(rows)])
      const said = await Promise.all(Array.from({ length: processes }, run))
      expect(said.map(({ stdout }) => JSON.parse(stdout))).toEqual(Array(processes).fill(rows))
    } finally {
      directory.remove()
    }
  })
}
