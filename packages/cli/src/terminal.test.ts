import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTerminal, wrap } from './terminal.ts'

function stream(isTTY: boolean, columns = 80): NodeJS.WriteStream & { text(): string } {
  const { getColorDepth, hasColors } = WriteStream.prototype
  const through = Object.assign(new PassThrough(), { isTTY, columns, getColorDepth, hasColors })
  let text = ''
  through.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return Object.assign(through, { text: () => text }) as never
}

describe('createTerminal', () => {
  beforeEach(() => {
    // Node paints for none of these; whoever runs this may have set them.
    for (const name of ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'CI']) vi.stubEnv(name, undefined)
    vi.stubEnv('TERM', 'xterm-256color')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.useRealTimers()
  })

  it('paints on a terminal and nowhere else', () => {
    expect(createTerminal(stream(true), stream(true)).paint('red', 'x')).toContain('\u001b[')
    expect(createTerminal(stream(false), stream(true)).paint('red', 'x')).toBe('x')
    vi.stubEnv('NO_COLOR', '1')
    expect(createTerminal(stream(true), stream(true)).paint('red', 'x')).toBe('x')
  })

  it('keeps lines at 100 columns, and narrower on a narrow terminal', () => {
    expect(createTerminal(stream(true, 72), stream(true)).columns).toBe(72)
    expect(createTerminal(stream(true, 300), stream(true)).columns).toBe(100)
    expect(createTerminal(stream(false), stream(true)).columns).toBe(100)
    expect(createTerminal(stream(true, 0), stream(true)).columns).toBe(100)
  })

  it.each([
    [true, /⠋ looking \(1 s\)/],
    [false, /^looking …\n$/],
  ])('shows on stderr what takes more than a second (terminal: %s)', async (isTTY, expected) => {
    vi.useFakeTimers()
    const err = stream(isTTY)
    const out = stream(isTTY)
    const { promise, resolve } = Promise.withResolvers<string>()
    const result = createTerminal(out, err).during('looking', promise)
    await vi.advanceTimersByTimeAsync(999)
    expect(err.text()).toBe('')
    await vi.advanceTimersByTimeAsync(1)
    expect(err.text()).toMatch(expected)
    resolve('found')
    expect(await result).toBe('found')
    expect(vi.getTimerCount()).toBe(0)
    expect(out.text()).toBe('')
  })

  it('does not leave a timer behind when the work fails', async () => {
    vi.useFakeTimers()
    const work = createTerminal(stream(false), stream(false)).during('looking', Promise.reject(new Error('lost')))
    await expect(work).rejects.toThrow('lost')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('wrap', () => {
  it('breaks at spaces and never inside a word', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
    expect(wrap('unbreakable', 4)).toEqual(['unbreakable'])
    expect(wrap('', 10)).toEqual([''])
  })
})
