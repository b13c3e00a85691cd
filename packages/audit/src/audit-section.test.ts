import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { auditDirectory } from './audit-directory.ts'
import { auditSection, retentionMs, sinksOf } from './audit-section.ts'

describe('auditSection', () => {
  it('is on, in files, when nothing is said', () => {
    const section = auditSection.parse({})
    expect(section).toEqual({ sink: 'file', checkpoints: { every: 1000, seconds: 10 }, retention: '400d' })
    expect([...sinksOf(section)]).toEqual(['file'])
    expect(retentionMs(section)).toBe(400 * 86_400_000)
    expect(auditDirectory(section, { dataDirectory: '/data', environment: 'production' })).toBe(
      '/data/production/audit',
    )
  })

  it('takes what the documents show', () => {
    const section = auditSection.parse({
      sink: ['file', 'postgres'],
      directory: '/var/lib/audit',
      checkpoints: { every: 500, seconds: 5, key: 'file:/run/secrets/audit-key', copy_to: 'postgres' },
      retention: '800d',
      forward: { otlp: 'https://collector.example.com/v1/logs' },
      hmac_key: { current: 'file:/run/secrets/a', previous: ['file:/run/secrets/b'] },
    })
    expect([...sinksOf(section)]).toEqual(['file', 'postgres'])
    expect(auditDirectory(section, { dataDirectory: '/data', environment: 'production' })).toBe('/var/lib/audit')
  })

  it.each([
    [{ sink: 'none' }],
    [{ sink: [] }],
    [{ enabled: false }],
    [{ retention: '400' }],
    [{ retention: '0d' }],
    [{ checkpoints: { every: 0 } }],
    [{ checkpoints: { key: 'plain secret' } }],
    [{ checkpoints: { copy_to: 'beside/here' } }],
    [{ hmac_key: 'env:KEY' }],
    [{ forward: 'somewhere' }],
  ])('refuses %j', (section) => {
    expect(auditSection.safeParse(section).success).toBe(false)
  })

  it('can be shown as JSON Schema', () => {
    expect(z.toJSONSchema(auditSection, { io: 'input' })).toMatchObject({ additionalProperties: false })
  })
})
