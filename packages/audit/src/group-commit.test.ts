import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyDisk } from '../test/faulty-disk.ts'
import { GroupCommit } from './group-commit.ts'

let home: TemporaryDirectory
let disk: FaultyDisk
let failures: Error[]
beforeEach(() => {
  home = temporaryDirectory()
  disk = new FaultyDisk()
  failures = []
})
afterEach(() => home.remove())

const file = (n: number) => join(home.path, `${n}`)
function commit(bytesMax = 1e9, deadlineMs = 2_000): GroupCommit {
  return new GroupCommit({
    fd: openSync(file(1), 'a'),
    disk,
    deadlineMs,
    bytes: 0,
    bytesMax,
    next: async (seq) => openSync(file(seq), 'a'),
    onFailure: (error) => failures.push(error),
  })
}

describe('GroupCommit', () => {
  it('writes all lines of a turn at once, in order', async () => {
    const log = commit()
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`)
    await Promise.all(lines.map((line, i) => log.push(line, i + 1, 'kernel')))
    expect(disk.writes).toBe(1)
    expect(disk.syncs).toBe(0)
    expect(readFileSync(file(1), 'utf8')).toBe(`${lines.join('\n')}\n`)
    await log.close()
  })

  it('answers a kernel line without a sync and a durable one after a sync of its own bytes', async () => {
    const log = commit()
    disk.fault = 'sync-hangs'
    const told: string[] = []
    const first = log.push('first', 1, 'durable').then(() => told.push('first'))
    await log.push('read', 2, 'kernel').then(() => told.push('read'))
    // The sync that is under way may have begun before these bytes were there: it does not count for them.
    const second = log.push('second', 3, 'durable').then(() => told.push('second'))
    await log.push('read', 4, 'kernel')
    expect(told).toEqual(['read'])
    expect(disk.syncs).toBe(1)
    disk.fault = 'none'
    await Promise.all([first, second])
    expect(told).toEqual(['read', 'first', 'second'])
    expect(disk.syncs).toBe(2)
    await log.close()
  })

  it('shares one sync among all who wait', async () => {
    const log = commit()
    await Promise.all(Array.from({ length: 40 }, (_, i) => log.push('x', i + 1, 'durable')))
    expect(disk.syncs).toBeLessThanOrEqual(2)
    await log.close()
  })

  it('goes on in a new file when one is full, with the old one on disk', async () => {
    const log = commit(10)
    await log.push('first line', 1, 'kernel')
    expect(disk.syncs).toBe(0)
    await log.push('second', 2, 'kernel')
    expect(disk.syncs).toBe(1)
    await log.push('third one', 3, 'durable')
    await log.push('fourth', 4, 'durable')
    expect(readFileSync(file(1), 'utf8')).toBe('first line\n')
    expect(readFileSync(file(2), 'utf8')).toBe('second\nthird one\n')
    expect(readFileSync(file(4), 'utf8')).toBe('fourth\n')
    await log.close()
  })

  it.each(['full', 'half', 'read-only', 'sync-fails'] as const)(
    'tells everybody, once, when the disk is %s',
    async (fault) => {
      const log = commit()
      disk.fault = fault
      const waiting = [log.push('a', 1, 'durable'), log.push('b', 2, 'durable')]
      expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      await expect(log.push('c', 3, 'kernel')).rejects.toThrow()
      expect(failures).toHaveLength(1)
      await log.close()
    },
  )

  it.each(['hung', 'hung-then-written', 'sync-hangs'] as const)(
    'does not wait for ever when the disk is %s',
    async (fault) => {
      const log = commit(1e9, 50)
      disk.fault = fault
      await expect(log.push('a', 1, 'durable')).rejects.toThrow(/within 50 ms/)
      await expect(log.push('b', 2, 'kernel')).rejects.toThrow()
      expect(failures).toHaveLength(1)
      disk.fault = 'none'
      await log.close()
      expect(readFileSync(file(1), 'utf8')).toBe(fault === 'hung' ? '' : 'a\n')
    },
  )
})
