import { isDeepStrictEqual } from 'node:util'
import type { Contract, ResourceContract, ToolContract } from '@postern/tool'

type Item = ToolContract | ResourceContract

/** How one name of a contract changed, and whether its version says so. */
export interface Drift {
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  /** The least version that would be honest for this change. */
  readonly needs: 'major' | 'minor' | 'patch'
  readonly honest: boolean
  /** One sentence: what changed and what to do. */
  readonly say: string
}

/**
 * Compares the frozen contract with the one the code has now. Nothing may drift unnoticed: every changed byte is named,
 * and a change whose version was not raised enough is not honest.
 *
 * Breaking, and so a new major: a name removed, another effect, scope or URI, an input that takes less (a field
 * removed, a new required field, any constraint changed), an output that gives less. Everything else in a schema is a
 * minor, words alone are a patch.
 */
export function drift(frozen: Contract, now: Contract): Drift[] {
  return [...compare(frozen.tools, now.tools), ...compare(frozen.resources, now.resources)]
}

function compare(frozen: readonly Item[], now: readonly Item[]): Drift[] {
  const removed = frozen
    .filter((old) => !now.some((item) => item.name === old.name))
    .map(
      ({ name }): Drift => ({
        name,
        change: 'removed',
        needs: 'major',
        honest: false,
        say: `${name} is gone. Keep it callable as ${name}_v<major> until its sunset.`,
      }),
    )
  return removed.concat(
    now.flatMap((item): Drift[] => {
      const old = frozen.find(({ name }) => name === item.name)
      if (old === undefined)
        return [{ name: item.name, change: 'added', needs: 'minor', honest: true, say: `${item.name} is new.` }]
      if (isDeepStrictEqual(plain(old), plain(item))) return []
      const needs = weight(old, item)
      const honest = raised(old.version, item.version, needs)
      return [
        {
          name: item.name,
          change: 'changed',
          needs,
          honest,
          say: honest
            ? `${item.name} went from ${old.version} to ${item.version}.`
            : `${item.name} changed and still says ${item.version}: raise its ${needs} version.`,
        },
      ]
    }),
  )
}

const plain = (item: Item): unknown => JSON.parse(JSON.stringify(item))

function weight(old: Item, item: Item): Drift['needs'] {
  const words = ({ version: _, title: __, description: ___, ...rest }: Item) => withoutWords(rest)
  if (isDeepStrictEqual(words(old), words(item))) return 'patch'
  const { inputSchema: oldInput, outputSchema: oldOutput, ...oldRest } = words(old) as Schemas
  const { inputSchema, outputSchema, ...rest } = words(item) as Schemas
  const compatible =
    isDeepStrictEqual(oldRest, rest) && takesAtLeast(oldInput, inputSchema) && givesAtLeast(oldOutput, outputSchema)
  return compatible ? 'minor' : 'major'
}

interface Schemas {
  readonly inputSchema?: Schema
  readonly outputSchema?: Schema
}
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly [key: string]: unknown
}

/** Every input that was right is right still: only new optional fields at the top. */
function takesAtLeast(old: Schema | undefined, now: Schema | undefined): boolean {
  const { properties: oldFields = {}, required: oldRequired = [], ...oldRest } = old ?? {}
  const { properties: fields = {}, required = [], ...rest } = now ?? {}
  return (
    isDeepStrictEqual(oldRest, rest) &&
    required.every((name) => oldRequired.includes(name)) &&
    Object.entries(oldFields).every(([name, schema]) => isDeepStrictEqual(schema, fields[name]))
  )
}

/** Every field that was given is given still, in the same form, all the way down. */
function givesAtLeast(old: Schema | undefined, now: Schema | undefined): boolean {
  if (old?.properties === undefined || now?.properties === undefined) return isDeepStrictEqual(old, now)
  const { properties: oldFields, required: oldRequired = [], ...oldRest } = old
  const { properties: fields, required = [], ...rest } = now
  return (
    isDeepStrictEqual(oldRest, rest) &&
    oldRequired.every((name) => required.includes(name)) &&
    Object.entries(oldFields).every(([name, schema]) => givesAtLeast(schema, fields[name]))
  )
}

function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === 'description' && typeof inner === 'string'))
      .map(([key, inner]) => [key, withoutWords(inner)]),
  )
}

function raised(from: string, to: string, needs: Drift['needs']): boolean {
  const [oldMajor = 0, oldMinor = 0, oldPatch = 0] = from.split('.').map(Number)
  const [major = 0, minor = 0, patch = 0] = to.split('.').map(Number)
  if (major !== oldMajor) return major > oldMajor
  if (needs === 'major') return false
  if (minor !== oldMinor) return minor > oldMinor
  return needs === 'patch' && patch > oldPatch
}
