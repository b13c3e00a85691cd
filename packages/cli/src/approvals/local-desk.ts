import { askJson } from '../ask-json.ts'
import type { Bundle } from '../bundles.ts'
import type { Terminal } from '../terminal.ts'
import type { Approval, Desk } from './desk.ts'

/**
 * The store of a server on this machine, for stdio: whoever can read it decides as `POSTERN_TOKEN`,
 * `POSTERN_TOKEN_FILE` or, in development, a local principal.
 */
export function localDesk(bundle: Bundle, as: string | undefined, terminal: Terminal): Desk {
  const { POSTERN_TOKEN: _token, POSTERN_TOKEN_FILE: _file, ...rest } = process.env
  const env = as === undefined ? process.env : { ...rest, POSTERN_PRINCIPAL: as }
  const ask = async <T>(...args: readonly string[]) =>
    (await askJson<T>(bundle, ['approvals', ...args], terminal, { env })).value
  return {
    place: bundle.name,
    command: (words) => `approvals ${bundle.name} ${words}${as === undefined ? '' : ` --as ${as}`}`,
    async list(state) {
      const of = state === undefined ? [] : ['--state', state]
      return (await ask<{ approvals: readonly Approval[] }>('list', ...of)).approvals
    },
    show: (id) => ask<Approval>('show', id),
    decide: (id, decision) =>
      decision.decision === 'approved'
        ? ask<Approval>('approve', id)
        : ask<Approval>('deny', id, ...(decision.because === undefined ? [] : ['--because', decision.because])),
  }
}
