import { ourWords } from '@postern/tool'
import { z } from 'zod'
import type { Project } from '../project.ts'
import type { Proposal } from '../proposal.ts'
import type { Template } from '../template.ts'
import type { Ticket } from '../ticket.ts'

/** One fault of a proposal. An error keeps the ticket from being opened, a warning does not. */
export interface QualityIssue {
  /** The field it is about, such as `title`, or the part of one, such as `acceptance_criteria.2`. */
  readonly path: string
  readonly rule: string
  /** What is wrong and how to put it right: our own words, ids and keys only, never text of people. */
  readonly message: string
  readonly severity: 'error' | 'warning'
}

export const QualityIssue = z.strictObject({
  path: z.string().regex(/^[\w.]+$/),
  rule: z.string().regex(/^\w+$/),
  message: ourWords(400),
  severity: z.enum(['error', 'warning']),
})

/** What the rules need to know beside the proposal. Everything in it was read under the caller's own rows. */
export interface Setting {
  readonly project: Project
  /** Undefined when the proposal names none, or one that does not exist. */
  readonly template: Template | undefined
  /** Unresolved tickets of the project that share words with the proposal. */
  readonly candidates: readonly Pick<Ticket, 'ticket_id' | 'title' | 'description'>[]
}

/** A quality rule: pure, and the same for drafts, validation and creation. */
export type Rule = (proposal: Proposal, setting: Setting) => readonly QualityIssue[]

export function error(path: string, rule: string, message: string): QualityIssue {
  return { path, rule, message, severity: 'error' }
}

export function warning(path: string, rule: string, message: string): QualityIssue {
  return { path, rule, message, severity: 'warning' }
}
