import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFile } from './lock-file.ts'

describe('lockFile', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'postern-lock-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('has one holder at a time within a process', () => {
    const file = join(directory, 'lock')
    const first = lockFile(file)
    expect(first).toBeDefined()
    expect(lockFile(file)).toBeUndefined()
    first?.release()
    first?.release()
    const second = lockFile(file)
    expect(second).toBeDefined()
    second?.release()
  })

  it('belongs to one process at a time, and kill -9 frees it', async () => {
    const file = join(directory, 'lock')
    const program = `import { lockFile } from ${JSON.stringify(new URL('./lock-file.ts', import.meta.url).href)}
      process.stdout.write(String(lockFile(${JSON.stringify(file)}) !== undefined)); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [answer] = await once(child.stdout, 'data')
    expect(String(answer)).toBe('true')
    expect(lockFile(file)).toBeUndefined()
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    const lock = lockFile(file)
    expect(lock).toBeDefined()
    lock?.release()
  })

  it('says so when the file cannot be there', () => {
    expect(() => lockFile(join(directory, 'absent', 'lock'))).toThrow(/unable to open/)
  })
})
