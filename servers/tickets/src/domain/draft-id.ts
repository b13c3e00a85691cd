import { z } from 'zod'

/** A handle of the caller who made the draft, and worth nothing to anybody else. */
export const DraftId = z.string().regex(/^draft_[\w-]{22}$/)
