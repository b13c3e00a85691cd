import { describe, expect, it } from 'vitest'
import { codes } from './codes.ts'
import { toEnvelope } from './envelope.ts'
import { changedNothing, ToolError } from './tool-error.ts'

describe('the table of codes', () => {
  it('gives every reason a next step that is one or more whole sentences', () => {
    for (const [code, row] of Object.entries(codes))
      for (const [reason, { nextStep }] of Object.entries(row.reasons))
        expect(nextStep, `${code}/${reason}`).toMatch(/^[A-Z].*\.$/)
  })

  it('never calls an unknown outcome retryable', () => {
    for (const row of Object.values(codes))
      for (const [reason, { retryable }] of Object.entries(row.reasons))
        if (reason === 'outcome_unknown') expect(retryable).toBe(false)
  })
})

describe('ToolError', () => {
  it('takes retryable and next step from the table', () => {
    const error = new ToolError('CONFLICT', 'in_progress', 'This write is still running.')
    expect(error).toMatchObject({ retryable: true, nextStep: codes.CONFLICT.reasons.in_progress.nextStep })
  })

  it('turns anything unforeseen into INTERNAL and keeps its text to itself', () => {
    const error = ToolError.from(new Error('password=hunter2'))
    expect(error.code).toBe('INTERNAL')
    expect(JSON.stringify(toEnvelope(error, 'r-1'))).not.toContain('hunter2')
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('refuses a reason of another code', () => {
    expect(() => new ToolError('CONFLICT', 'bug' as never, 'x')).toThrow(TypeError)
  })

  it.each([
    [new ToolError('RATE_LIMITED', 'principal_rate', 'x'), true],
    [new ToolError('UPSTREAM_TIMEOUT', 'not_executed', 'x'), true],
    [new ToolError('UPSTREAM_TIMEOUT', 'outcome_unknown', 'x'), false],
    [new ToolError('UPSTREAM_UNAVAILABLE', 'outcome_unknown', 'x'), false],
    [new ToolError('INTERNAL', 'bug', 'x'), false],
  ])('knows whether %s changed nothing', (error, expected) => {
    expect(changedNothing(error)).toBe(expected)
  })
})

describe('toEnvelope', () => {
  it('has the exact wire form', () => {
    const error = new ToolError(
      'RATE_LIMITED',
      'principal_tool_rate',
      'create_ticket allows 20 calls a minute for you.',
      {
        retryAfterMs: 2100,
        nextStep: 'Wait 2.1 s, then send the same call with the same idempotency_key.',
      },
    )
    expect(toEnvelope(error, 'r-1')).toEqual({
      status: 'error',
      error: {
        code: 'RATE_LIMITED',
        message: 'create_ticket allows 20 calls a minute for you.',
        retryable: true,
        retry_after_ms: 2100,
        next_step: 'Wait 2.1 s, then send the same call with the same idempotency_key.',
        details: { reason: 'principal_tool_rate' },
        request_id: 'r-1',
      },
    })
  })

  it('names at most ten issues and whom to ask where the caller is stuck', () => {
    const issues = Array.from({ length: 30 }, (_, i) => ({ path: `f${i}`, rule: 'max', expected: 'less' }))
    expect(
      toEnvelope(new ToolError('VALIDATION_ERROR', 'schema', 'x', { issues }), 'r').error.details.issues,
    ).toHaveLength(10)
    expect(
      toEnvelope(new ToolError('PERMISSION_DENIED', 'rows', 'x'), 'r', 'help@example.com').error.next_step,
    ).toMatch(/Contact: help@example\.com\.$/)
  })
})
