import { canonical, cleanText, type Target, type Tool } from '@postern/tool'
import type { Facts } from './rule-for.ts'

const summaryCharsMax = 4000
const valueCharsMax = 240
const itemCharsMax = 80
const itemsMax = 20

/** The title of a tool, for a person. */
export function titleOf(target: Target): string {
  return (target as Partial<Tool>).title ?? target.name
}

/**
 * What a call would do, for the person who decides: the tool and every argument.
 *
 * The texts are the caller's, who may want to mislead: each is cleaned, quoted on one line, and cut by itself, so that
 * none can look like another field or push one out of sight. `first` (what the rule looks at) comes first, then what is
 * short; what is cut says how much is missing.
 */
export function summarize(target: Target, values: Facts, first: readonly string[]): string {
  const rank = ([name, value]: [string, unknown]) => (first.includes(name) ? -1 : (canonical(value) ?? '').length)
  const fields = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .sort((a, b) => rank(a) - rank(b))
    .map(([name, value]) => `${name} ${shown(value)}`)
  return capped(`${titleOf(target)} (${target.name}): ${fields.join('; ') || 'no arguments'}`)
}

/** Words of a server about its own tool, which may quote what a caller wrote. */
export function capped(words: string): string {
  return oneLine(cleanText(words, summaryCharsMax))
}

function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value, valueCharsMax)
  if (!Array.isArray(value))
    return typeof value === 'object' && value !== null ? quoted(canonical(value), valueCharsMax) : String(value)
  const items = value
    .slice(0, itemsMax)
    .map((item) => quoted(typeof item === 'string' ? item : canonical(item), itemCharsMax))
  return `[${items.join(', ')}${value.length > itemsMax ? `, and ${value.length - itemsMax} more` : ''}]`
}

function quoted(text: string, charsMax: number): string {
  const clean = cleanText(text, Number.POSITIVE_INFINITY)
  const notes = [
    ...(clean.length > charsMax ? [`${clean.length} characters in all`] : []),
    ...(clean === text ? [] : ['shown in a safe form']),
  ]
  return JSON.stringify(cleanText(clean, charsMax)) + (notes.length > 0 ? ` (${notes.join(', ')})` : '')
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
