import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { development, postern } from '../../test/tickets.ts'

let directory: TemporaryDirectory
beforeEach(() => {
  directory = temporaryDirectory()
  vi.stubEnv('POSTERN_DATA', directory.path)
  vi.stubEnv('POSTERN_ENVIRONMENT', development)
})
afterEach(() => {
  vi.unstubAllEnvs()
  directory.remove()
})

it('makes the tables of a deployment, and has nothing to do the second time', async () => {
  expect((await postern('migrate', 'tickets')).code).toBe(0)
  expect(existsSync(join(directory.path, 'development', 'tickets.db'))).toBe(true)
  expect((await postern('migrate', 'tickets')).code).toBe(0)
})

it('needs the name of a server', async () => {
  const { code, err } = await postern('migrate')
  expect(code).not.toBe(0)
  expect(err).toContain('migrate <server>')
})
