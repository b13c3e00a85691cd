import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Lines } from './lines.ts'

describe('Lines', () => {
  it('puts lines together across chunks, also in the middle of a character', async () => {
    const stream = new PassThrough()
    const lines = new Lines(stream)
    const bytes = Buffer.from('größe\nzweite\nrest')
    for (const byte of bytes) stream.write(Buffer.from([byte]))
    expect(await lines.find((line) => line.startsWith('gr'))).toBe('größe')
    expect(await lines.find((line) => line === 'zweite')).toBe('zweite')
    expect(lines.text).toBe('größe\nzweite\nrest')
    expect(lines.all).toEqual(['größe', 'zweite'])
  })

  it('finds what comes later, for everybody who waits', async () => {
    const stream = new PassThrough()
    const lines = new Lines(stream)
    const found = [lines.find((line) => line === 'b'), lines.find((line) => line === 'b'), lines.find(() => true, 1)]
    stream.write('a\n')
    stream.write('b\n')
    expect(await Promise.all(found)).toEqual(['b', 'b', 'b'])
  })

  it('gives up when the stream ends, after its last line, complete or not', async () => {
    const stream = new PassThrough()
    const lines = new Lines(stream)
    const found = lines.find((line) => line === 'last')
    const missing = lines.find((line) => line === 'none')
    stream.end('first\nlast')
    expect(await found).toBe('last')
    await expect(missing).rejects.toThrow('the stream ended')
  })
})
