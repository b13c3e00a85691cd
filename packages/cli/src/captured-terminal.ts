import type { Terminal } from './terminal.ts'

/** A terminal for tests: no colour, 100 columns, and what was said. */
export function capturedTerminal(): Terminal & { readonly out: string; readonly err: string } {
  let out = ''
  let err = ''
  return {
    columns: 100,
    paint: (_style, text) => text,
    line: (text = '') => {
      out += `${text}\n`
    },
    note: (text) => {
      err += `${text}\n`
    },
    during: (_what, work) => work,
    get out() {
      return out
    },
    get err() {
      return err
    },
  }
}
