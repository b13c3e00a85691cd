import { type Code, codes, ToolError } from '@postern/errors'
import { describe, expect, it } from 'vitest'
import { endingOf } from './ending-of.ts'

/** Every code and reason there is: a new one has to be thought about here. */
const endings: Record<Code, Record<string, 'refused' | 'not_executed' | 'unclear'>> = {
  VALIDATION_ERROR: all('VALIDATION_ERROR', 'refused'),
  PERMISSION_DENIED: all('PERMISSION_DENIED', 'refused'),
  NOT_FOUND: all('NOT_FOUND', 'refused'),
  CONFLICT: { ...all('CONFLICT', 'refused'), in_progress: 'not_executed' },
  APPROVAL_REQUIRED: all('APPROVAL_REQUIRED', 'not_executed'),
  RATE_LIMITED: all('RATE_LIMITED', 'not_executed'),
  UPSTREAM_TIMEOUT: { ...all('UPSTREAM_TIMEOUT', 'unclear'), not_executed: 'not_executed' },
  UPSTREAM_UNAVAILABLE: {
    ...all('UPSTREAM_UNAVAILABLE', 'not_executed'),
    upstream_drift: 'unclear',
    outcome_unknown: 'unclear',
  },
  INTERNAL: all('INTERNAL', 'unclear'),
}

function all<T>(code: Code, ending: T): Record<string, T> {
  return Object.fromEntries(Object.keys(codes[code].reasons).map((reason) => [reason, ending]))
}

describe('endingOf', () => {
  it.each(
    Object.entries(endings).flatMap(([code, row]) =>
      Object.entries(row).map(([reason, ending]) => [code, reason, ending] as const),
    ),
  )('%s/%s after sending: %s', (code, reason, ending) => {
    expect(endingOf(new ToolError(code as Code, reason as never, 'x'))).toBe(ending)
  })

  it.each([new Error('x'), new TypeError('fetch failed'), undefined, 'text'])('%s is unclear', (thrown) => {
    expect(endingOf(thrown)).toBe('unclear')
  })
})
