import { ToolError } from '@postern/errors'
import type { Proposal } from './proposal.ts'

/** A draft is written once and never changed: an approval that names it means exactly this text. */
export interface Draft extends Proposal {
  readonly tenant: string
  /** Of the caller who made it (see `principalId`). Nobody else can use it. */
  readonly owner: string
  readonly draft_id: string
  /** ISO 8601 in UTC, by the database's clock. */
  readonly expires_at: string
  /** The `effect.key` of the write that used it. The same key again is that write recovering, not a second use. */
  readonly used_by?: string | undefined
}

/**
 * Lets through what is no draft, an unused draft, and one that was used by this very write before it was interrupted.
 *
 * @throws ToolError CONFLICT/draft_used
 */
export function unused<P extends Pick<Draft, 'used_by'>>(proposal: P, effectKey?: string): P {
  if (proposal.used_by === undefined || proposal.used_by === effectKey) return proposal
  throw draftUsed()
}

export function draftUsed(): ToolError {
  return new ToolError('CONFLICT', 'draft_used', 'A ticket was already opened from this draft.', {
    nextStep: 'Call search_tickets to find that ticket; make a new draft with draft_ticket for another one.',
  })
}
