import { z } from 'zod'

/**
 * Text of people as input, up to `charsMax` UTF-16 units. It is kept as it is, and cleaned when it is shown. Only what
 * no store and no canonical form can hold is refused: U+0000 and halves of surrogate pairs.
 */
export function freeText(charsMax: number) {
  return z
    .string()
    .trim()
    .max(charsMax)
    .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'well-formed text without U+0000')
}
