import { z } from 'zod'
import { bytesForm, parseBytes } from './parse-bytes.ts'
import { durationForm, parseDuration } from './parse-duration.ts'
import { parseRate, rateForm } from './parse-rate.ts'
import { bytesPerToken, parseTokens, tokensForm } from './parse-tokens.ts'

/** Beyond these bounds a figure is a slip of the pen rather than a wish. */
function quantity(form: RegExp, says: string, parse: (text: string) => number, min: string, max: string) {
  return z
    .string()
    .regex(form, says)
    .transform(parse)
    .refine((value) => value >= parse(min) && value <= parse(max), `it must be ${min} to ${max}`)
}

const Rate = z.string().regex(rateForm, 'a rate such as 100/min, 5/s, 1000/h or 10000/day').transform(parseRate)
const Input = quantity(bytesForm, 'a size such as 64KiB, 1MiB or 500B', parseBytes, '1KiB', '4MiB')
const Output = quantity(tokensForm, 'a size such as "4000 tokens"', parseTokens, '100 tokens', '100000 tokens')
const Deadline = quantity(durationForm, 'a time such as 5s, 500ms or 2min', parseDuration, '100ms', '10min')

/**
 * The `limits` section of the environment file: what one call and one caller may cost. A tool may set its own deadline
 * and sizes, a role its own rate for a tool.
 *
 * Parsed into numbers with their unit in the name.
 */
export const limitsSection = z
  .strictObject({
    principal: Rate.prefault('100/min').describe('Calls of one caller over all tools, such as 100/min.'),
    input: Input.prefault('64KiB').describe('Largest input of a call, such as 64KiB.'),
    output: Output.prefault('4000 tokens').describe('Largest answer of a call, such as 4000 tokens (4 bytes each).'),
    deadline: Deadline.prefault('5s').describe('Longest time a call may take, such as 5s.'),
    concurrency: z.int().min(1).max(10_000).default(64).describe('Calls of one caller at the same time.'),
  })
  .transform(({ principal, input, output, deadline, concurrency }) => ({
    principal,
    inputBytesMax: input,
    outputBytesMax: output * bytesPerToken,
    deadlineMs: deadline,
    concurrencyMax: concurrency,
  }))

/** The `limits` section, read. */
export type Limits = z.output<typeof limitsSection>
