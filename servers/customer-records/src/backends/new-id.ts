import { randomBytes } from 'node:crypto'

/** Without 0, 1, l and o, which models and people mistake for one another. */
const letters = '23456789abcdefghijkmnpqrstuvwxyz'
const length = 12

/** A new id such as `act_8d3n5x2c7f4q`: 60 random bits, so that nobody guesses the next one. */
export function newId(prefix: 'cus' | 'act'): string {
  return `${prefix}_${Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join('')}`
}
