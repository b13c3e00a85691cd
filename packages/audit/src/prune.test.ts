import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { auditSection, retentionMs } from './audit-section.ts'
import { fileTrail } from './file-trail.ts'
import { placeHold, releaseHold } from './legal-hold.ts'
import { prune } from './prune.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
let log: AuditLog
beforeEach(async () => {
  home = temporaryDirectory()
  const section = { checkpoints: { every: 20 } }
  const other = await logIn(home.path, { section, file: { segmentBytesMax: 8_000 } })
  log = await logIn(home.path, { section, file: { segmentBytesMax: 8_000 } })
  await recordCalls(other, 60, 1)
  await recordCalls(log, 60, 2)
  await other.close()
})
afterEach(async () => {
  await log.close()
  home.remove()
})

const trail = () => fileTrail({ directory: directoryIn(home.path), server, environment })
const later = (days: number) => new Date(Date.now() + days * 86_400_000)
const pruneAt = (now: Date) => prune({ trail: trail(), log, retentionMs: retentionMs(auditSection.parse({})), now })
const files = () => readdirSync(join(directoryIn(home.path), 'tickets-0')).filter((file) => file.endsWith('.jsonl'))

describe('prune', () => {
  it('keeps everything for 400 days', async () => {
    const before = files()
    expect(await pruneAt(later(399))).toMatchObject({ holds: [], keptFrom: new Map() })
    expect(files()).toEqual(before)
  })

  it('removes old segments and leaves a chain that verifies', async () => {
    const before = files().length
    const { keptFrom } = await pruneAt(later(401))
    expect(keptFrom.get('tickets-0')).toBeGreaterThan(20)
    expect(files()).toHaveLength(1)
    expect(before).toBeGreaterThan(3)
    await recordCalls(log, 80, 3)
    const result = await verify({ trail: trail() })
    expect(result).toMatchObject({ exitCode: 0, findings: [] })
    expect(result.chains[0]?.from).toBe(keptFrom.get('tickets-0'))
    expect(result.chains[0]?.checkpoint?.seq).toBe(result.chains[0]?.to)

    // Again, a year later: what was said of chains that lose nothing now has to be said anew.
    await pruneAt(later(802))
    expect(await verify({ trail: trail() })).toMatchObject({ exitCode: 0, findings: [] })
  })

  it('removes nothing that no signed checkpoint covers', async () => {
    const before = files()
    rmSync(join(directoryIn(home.path), 'checkpoints'), { recursive: true })
    expect((await pruneAt(later(401))).keptFrom.size).toBe(0)
    expect(files()).toEqual(before)
  })

  it('is told apart from segments that somebody removed', async () => {
    rmSync(join(directoryIn(home.path), 'tickets-0', files()[0] ?? ''))
    expect(await verify({ trail: trail() })).toMatchObject({
      exitCode: 1,
      findings: [{ kind: 'gap', chain: 'tickets-0', seq: 1 }],
    })
    await expect(pruneAt(later(401))).rejects.toThrow(/Nothing was pruned/)
  })

  it('does nothing while a legal hold stands', async () => {
    const before = files()
    await placeHold(log, { id: 'case-17', reason: 'inquiry', by: 'legal' })
    await placeHold(log, { id: 'case-18', reason: 'inquiry', by: 'legal' })
    expect(await pruneAt(later(401))).toMatchObject({ holds: [{ id: 'case-17', by: 'legal' }, { id: 'case-18' }] })
    await releaseHold(log, { id: 'case-17', by: 'legal' })
    expect(await pruneAt(later(401))).toMatchObject({ holds: [{ id: 'case-18' }] })
    expect(files()).toEqual(before)
    await releaseHold(log, { id: 'case-18', by: 'legal' })
    expect((await pruneAt(later(401))).keptFrom.size).toBeGreaterThan(0)
  })
})
