import { styleText } from 'node:util'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'
const announceAfterMs = 1000
const frameMs = 120
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const columnsMax = 100

/** Where a command talks to a person. What a program may want to read goes to stdout through `line` and `write`. */
export interface Terminal {
  /** At most this many characters fit on a line. */
  readonly columns: number
  /** Colour on a terminal, none elsewhere; `NO_COLOR` and `FORCE_COLOR` are obeyed. */
  paint(style: Style, text: string): string
  line(text?: string): void
  /** To stderr: hints and problems, which must not get into a pipe. */
  note(text: string): void
  /** Shows on stderr that something goes on, once it takes more than a second. */
  during<T>(what: string, work: Promise<T>): Promise<T>
}

export function createTerminal(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Terminal {
  return {
    // A terminal that nobody has told its size says 0.
    columns: Math.min((out.isTTY && out.columns) || columnsMax, columnsMax),
    paint: (style, text) => styleText(style, text, { stream: out }),
    line: (text = '') => void out.write(`${text}\n`),
    note: (text) => void err.write(`${text}\n`),
    during: (what, work) => during(err, what, work),
  }
}

async function during<T>(err: NodeJS.WriteStream, what: string, work: Promise<T>): Promise<T> {
  const started = Date.now()
  let frame = 0
  let timer: NodeJS.Timeout | undefined
  const show = () => {
    const seconds = Math.round((Date.now() - started) / 1000)
    if (!err.isTTY) return void err.write(`${what} …\n`)
    err.write(`\r${frames[frame++ % frames.length]} ${what} (${seconds} s)`)
    timer = setTimeout(show, frameMs)
  }
  timer = setTimeout(show, announceAfterMs)
  try {
    return await work
  } finally {
    clearTimeout(timer)
    if (err.isTTY && frame > 0) err.write('\r\u001b[K')
  }
}

/** Breaks a text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
