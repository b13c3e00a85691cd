import { phases, type QueryFilters } from '@postern/audit'
import { nearest } from '../../environment/nearest.ts'
import { StartError } from '../../environment/start-error.ts'
import { stretch } from './instant.ts'

/** Filters that are passed on as they are. */
const plain = {
  principal: 'a subject',
  issuer: 'an issuer',
  tenant: 'a tenant',
  tool: 'the name of a tool or resource',
  target: 'the id of a record',
  credential: 'the id of a credential',
  purpose: 'a purpose',
  phase: 'a phase such as denied',
  error: 'a code or reason',
  request: 'a request id',
  trace: 'a trace id',
  approval: 'an approval id',
  hash: 'a keyed hash, as audit hash prints it',
} as const
const chosen = { decision: ['allowed', 'denied'], effect: ['read', 'write', 'destructive'] } as const

/** The options that filter, and what they take. */
export const filterOptions = {
  ...plain,
  decision: 'allowed or denied',
  effect: 'read, write or destructive',
  key: 'an idempotency key, or - for stdin',
  value: 'an input or output, or - for stdin',
  since: 'a time',
  until: 'a time',
  'after-request': 'a request id',
  'after-target': 'the id of a record',
}

/** What a value has to look like: one that cannot be any would find nothing, and nothing looks like an answer. */
const forms = {
  trace: {
    form: /^(?:[0-9a-f]{32}|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})$/,
    words: 'a trace id of 32 hexadecimal digits in lower case, or a whole traceparent',
  },
  hash: { form: /^[\w-]{43}$/, words: 'a keyed hash of 43 letters, digits, - and _, as audit hash prints it' },
}

type Options = Readonly<Record<string, string>>

/** @throws StartError for what cannot match any record; `usage` goes with it */
export function filtersOf(options: Options, usage: string): QueryFilters {
  const { 'after-request': afterRequest, 'after-target': afterTarget } = options
  for (const [name, words] of Object.entries(chosen))
    if (options[name] !== undefined && !(words as readonly string[]).includes(options[name]))
      throw new StartError(`--${name} must be one of ${words.join(', ')}.`, usage)
  if (afterRequest !== undefined && afterTarget !== undefined)
    throw new StartError('--after-request and --after-target exclude each other.', usage)
  requirePhase(options['phase'])
  requireForms(options)
  const given = [...Object.keys(plain), ...Object.keys(chosen)].flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]] as const],
  )
  return {
    ...(Object.fromEntries(given) as QueryFilters),
    ...stretch(options),
    ...(afterRequest !== undefined && { after: { request: afterRequest } }),
    ...(afterTarget !== undefined && { after: { target: afterTarget } }),
  }
}

function requirePhase(phase: string | undefined): void {
  if (phase === undefined || (phases as readonly string[]).includes(phase)) return
  const meant = nearest(phase, phases)
  const known = meant ? `Did you mean ${meant}?` : `There are: ${phases.join(', ')}.`
  throw new StartError(`there is no phase "${phase.slice(0, 64)}". ${known}`)
}

function requireForms(options: Options): void {
  for (const [name, { form, words }] of Object.entries(forms)) {
    const value = options[name]
    if (value !== undefined && !form.test(value))
      throw new StartError(`--${name} ${value.slice(0, 64)} cannot be one: it takes ${words}.`)
  }
}
