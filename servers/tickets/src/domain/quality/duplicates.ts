import type { Proposal } from '../proposal.ts'
import { unresolved } from '../ticket.ts'
import type { TicketQuery } from '../ticket-ports.ts'
import { words } from '../words.ts'
import { genericWords } from './generic-words.ts'
import { type Rule, warning } from './issue.ts'

/** How many tickets are compared; a search that finds more is too unspecific to name a duplicate. */
export const candidatesMax = 50
const termsMax = 6
const similarityMin = 0.5
const namedMax = 3
/** The title says most about what a ticket is; long descriptions share words with everything. */
const titleWeight = 0.7

/**
 * The search for tickets that may be the same: unresolved, sharing one of the longest words of the title. It runs
 * through the bound port, so it finds what the caller may see and nothing else. Undefined when no word is worth it.
 */
export function duplicateQuery(proposal: Proposal): TicketQuery | undefined {
  const terms = [...telling(proposal.title)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).slice(0, termsMax)
  if (terms.length === 0) return undefined
  return { project_key: proposal.project_key, status: unresolved, words: { match: 'any', terms } }
}

/** Names the tickets that are most like this one. A warning: only a person or a second look can tell. */
export const duplicates: Rule = (proposal, { candidates }) => {
  const likely = candidates
    .map((candidate) => ({ id: candidate.ticket_id, score: similarity(proposal, candidate) }))
    .filter(({ score }) => score >= similarityMin)
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, namedMax)
    .map(({ id }) => id)
  if (likely.length === 0) return []
  return [
    warning(
      'title',
      'duplicate_suspected',
      `Looks like ${likely.join(', ')}. Read ${likely.length === 1 ? 'it' : 'them'} with get_ticket; open a new ticket only if it is another matter.`,
    ),
  ]
}

type Text = { readonly title: string; readonly description: string }

/** 0 (no word in common) to 1 (the same words): Dice's coefficient over the sets of telling words. */
export function similarity(one: Text, other: Text): number {
  const titles = dice(telling(one.title), telling(other.title))
  const texts = dice(telling(`${one.title} ${one.description}`), telling(`${other.title} ${other.description}`))
  return titleWeight * titles + (1 - titleWeight) * texts
}

function dice(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0
  const common = [...one].filter((word) => other.has(word)).length
  return (2 * common) / (one.size + other.size)
}

function telling(text: string): ReadonlySet<string> {
  return new Set(words(text).filter((word) => word.length > 1 && !genericWords.has(word)))
}
