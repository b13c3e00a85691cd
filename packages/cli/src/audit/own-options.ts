import { usageError } from '../cli-error.ts'

/** What this program does with an answer; everything else is for the bundle, which knows its own options. */
export interface OwnOptions {
  readonly json: boolean
  readonly format: string | undefined
  readonly columns: string | undefined
  readonly rest: readonly string[]
}

export function ownOptions(args: readonly string[]): OwnOptions {
  const rest: string[] = []
  const own: { json: boolean; format?: string; columns?: string } = { json: false }
  for (let at = 0; at < args.length; at++) {
    const [, name = '', joined] = /^--([\w-]+)(?:=(.*))?$/s.exec(args[at] ?? '') ?? []
    if (name === 'json') own.json = true
    else if (name === 'format' || name === 'columns') {
      const value = joined ?? args[++at]
      if (value === undefined) throw usageError(`--${name} needs a value.`)
      if (own[name] !== undefined) throw usageError(`--${name} is given more than once.`)
      own[name] = value
    } else if (joined === undefined) rest.push(args[at] ?? '')
    else rest.push(`--${name}`, joined)
  }
  return { json: own.json, format: own.format, columns: own.columns, rest }
}
