import { random } from '@postern/host/sample'

/** Random choices from one seed: the same on every machine. */
export interface Dice {
  /** From 0 to 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number
  pick<T>(values: readonly T[]): T
  /** An id that was not given before, such as `cus_4f7k2m`. */
  id(prefix: string): string
}

const letters = '23456789abcdefghijkmnpqrstuvwxyz'
const idLength = 6

export function dice(seed: number): Dice {
  const next = random(seed)
  const given = new Set<string>()
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T
  const id = (prefix: string): string => {
    let rest = Math.floor(next() * letters.length ** idLength)
    let made = `${prefix}_`
    for (let i = 0; i < idLength; i++, rest = Math.floor(rest / letters.length)) made += letters[rest % letters.length]
    if (given.has(made)) return id(prefix)
    given.add(made)
    return made
  }
  return { next, pick, id, whole: (min, max) => min + Math.floor(next() * (max - min + 1)) }
}
