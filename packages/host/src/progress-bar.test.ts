import { describe, expect, it } from 'vitest'
import { progressBar } from './progress-bar.ts'

function stage(isTTY: boolean) {
  let text = ''
  let at = 0
  const bar = progressBar('verifying', { isTTY, write: (part) => (text += part) }, () => at)
  return {
    tell(ms: number, done: number, all: number) {
      at = ms
      text = ''
      bar.tell(done, all)
      return text
    },
    end() {
      text = ''
      bar.end()
      return text
    },
  }
}

describe('progressBar', () => {
  it('shows on a terminal what takes more than a second, and goes away', () => {
    const { tell, end } = stage(true)
    expect(tell(999, 10, 100)).toBe('')
    expect(tell(2000, 50, 100)).toBe(`\rverifying ${'█'.repeat(12)}${'░'.repeat(12)}  50 %, 2 s left\u001b[K`)
    expect(tell(2050, 60, 100)).toBe('')
    expect(tell(2200, 120, 100)).toContain(` 100 %, 0 s left`)
    expect(end()).toBe('\r\u001b[K')
  })

  it('leaves no trace of a quick work, of an unknown amount, or beside a terminal', () => {
    const quick = stage(true)
    expect(quick.tell(500, 1, 2) + quick.end()).toBe('')
    const unknown = stage(true)
    expect(unknown.tell(5000, 1, 0) + unknown.end()).toBe('')
    const piped = stage(false)
    expect(piped.tell(5000, 1, 2) + piped.end()).toBe('')
  })
})
