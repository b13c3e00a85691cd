import { type Issue, ToolError } from '@postern/errors'
import type { Middleware } from '@postern/tool'
import type { z } from 'zod'

/**
 * Checks the input against the very schema that is advertised, and hands on the parsed value.
 *
 * @throws ToolError VALIDATION_ERROR/schema with up to ten issues in our own words; the input itself is never repeated
 */
export const validate: Middleware = async function validate(call, next) {
  const parsed = call.target.input.safeParse(call.input, { reportInput: true })
  if (!parsed.success)
    throw new ToolError('VALIDATION_ERROR', 'schema', `The input of ${call.target.name} is not valid.`, {
      issues: parsed.error.issues.flatMap(issues),
    })
  const input = parsed.data as { idempotency_key?: string }
  const key = call.target.effect === 'read' ? undefined : input.idempotency_key
  return next({ ...call, input, ...(key !== undefined && { idempotencyKey: key }) })
}

const keyCharsMax = 64

function issues(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map(String).join('.')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [path, key.slice(0, keyCharsMax)].filter(Boolean).join('.'),
        rule: 'unknown_field',
        expected: 'no such field; leave it out',
      }))
    case 'invalid_type':
      return [
        { path, rule: issue.input === undefined ? 'required' : 'type', expected: `a value of type ${issue.expected}` },
      ]
    case 'invalid_value':
      return [{ path, rule: 'enum', expected: `one of ${issue.values.map(String).join(', ')}` }]
    case 'too_small':
      return [{ path, rule: 'min', expected: `at least ${issue.minimum} ${unit(issue.origin)}` }]
    case 'too_big':
      return [{ path, rule: 'max', expected: `at most ${issue.maximum} ${unit(issue.origin)}` }]
    case 'invalid_format':
      return [
        {
          path,
          rule: 'format',
          expected: `text of the form ${'pattern' in issue ? String(issue.pattern) : issue.format}`,
        },
      ]
    case 'custom':
      return [{ path, rule: 'rule', expected: issue.message }]
    default:
      return [{ path, rule: issue.code, expected: 'a value that the input schema allows' }]
  }
}

const unit = (origin: string): string =>
  origin === 'string' ? 'characters' : origin === 'array' || origin === 'set' ? 'items' : ''
