import { seeded } from './seeded.ts'

/** A text that no log, record or metric may hold. */
export interface Planted {
  /** What it was put into. */
  readonly where: string
  readonly text: string
  /** The part of it that nothing else has, and that is left when the rest is cut, cleaned or encoded. */
  readonly core: string
}

/** Something that was written down. */
export interface Written {
  readonly place: string
  readonly text: string
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'

type Make = (word: string, number: string) => string

/** In places that take one line of ASCII, such as a header. */
const plain: readonly Make[] = [
  (word) => `sk_live_${word}`,
  (word) => `session=${word}; theme="dark"`,
  (word) => `ada.${word}@example.com`,
  (_, number) => `+49-151-${number}`,
]

/** On one line, in all the characters that people have. */
const lines: readonly Make[] = [
  (word) => `${word}!"pass'\\word`,
  (word) => `Bearer ${word}.${word}`,
  (_, number) => `DE89${number}`,
  (word) => `zoë.${word}@example.com`,
  (_, number) => `+49 151 ${number}`,
  (word) => `Żaneta "Zoë" ${word}-O’Hara 山田`,
  (word) => `postgres://admin:${word}@db.example.com/hr?x=1&y=%20+`,
  (word) => `<b>${word}</b> & {"ssn": "${word}"}`,
]

/** Whatever people put into calls although they should not. One of them looks like a line of a stack. */
const free: readonly Make[] = [
  ...lines,
  (word) => `the password:\n    at "${word}" 🔑\r\n`,
  (word) => `-----BEGIN PRIVATE KEY-----\n${word}\n-----END PRIVATE KEY-----`,
]

/** Makes texts to plant, each of which occurs nowhere else, and remembers them. */
export class Planter {
  readonly all: Planted[] = []
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  /** Any text that people write. */
  text(where: string): string {
    return this.#next(where, free)
  }

  /** One line of it. */
  line(where: string): string {
    return this.#next(where, lines)
  }

  /** What fits into a header: one line of ASCII. */
  header(where: string): string {
    return this.#next(where, plain)
  }

  /** A text that looks like a name. */
  word(where: string): string {
    return this.made(where, (word) => word)
  }

  /** An e-mail address in ASCII. */
  email(where: string): string {
    return this.made(where, (word) => `ada.${word}@example.com`)
  }

  /** Capital letters, as many as asked for. */
  capitals(where: string, length: number): string {
    const core = this.#draw(letters, length).toUpperCase()
    return this.#keep({ where, text: core, core })
  }

  /** A JSON Web Token that nobody has signed, with planted claims. */
  token(where: string, claims: object): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(claims)}`
    return this.made(where, (word) => `${signed}.${word.repeat(6)}`)
  }

  /** A text of the caller's making around a word, or around a number, that nothing else has. */
  made(where: string, make: Make): string {
    const word = this.#draw(letters + digits, 16)
    const number = this.#draw(digits, 18)
    const text = make(word, number)
    return this.#keep({ where, text, core: text.includes(word) ? word : number })
  }

  /** A secret that something else has made. */
  secret(where: string, text: string): string {
    return this.#keep({ where, text, core: text })
  }

  #next(where: string, kinds: readonly Make[]): string {
    return this.made(where, kinds[this.all.length % kinds.length] as Make)
  }

  #keep(planted: Planted): string {
    this.all.push(planted)
    return planted.text
  }

  #draw(from: string, length: number): string {
    return Array.from({ length }, () => from[Math.floor(this.#random() * from.length)]).join('')
  }
}

/** Where planted text occurs in what was written, in any of the forms in which it could get there. */
export function tracesOf(planted: readonly Planted[], written: readonly Written[]): string[] {
  const looked = planted.map((one) => ({ where: one.where, forms: [...formsOf(one)] }))
  return written.flatMap(({ place, text }) => {
    const folded = text.toLowerCase()
    return looked.flatMap(({ where, forms }) => {
      const found = forms.find(([form, name]) => (name.startsWith('base64') ? text : folded).includes(form))
      return found === undefined ? [] : [`${where}, ${found[1]}, in ${place}`]
    })
  })
}

/** Each form with its name; what does not depend on case is in lower case. */
function formsOf({ text, core }: Planted): Map<string, string> {
  const forms = new Map<string, string>()
  const add = (form: string, name: string) => forms.has(form) || forms.set(form, name)
  for (const [what, value] of Object.entries({ whole: text, core })) {
    const json = JSON.stringify(value).slice(1, -1)
    const folded = {
      plain: value,
      JSON: json,
      'JSON in JSON': JSON.stringify(json).slice(1, -1),
      'JSON in ASCII': json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
      URL: encodeURI(value),
      'URL component': encodeURIComponent(value),
      'URL form': new URLSearchParams([['', value]]).toString().slice(1),
      hex: Buffer.from(value).toString('hex'),
    }
    for (const [name, form] of Object.entries(folded)) add(form.toLowerCase(), `${name} (${what})`)
    for (const [at, form] of base64Of(value).entries()) {
      add(form, `base64 at ${at} (${what})`)
      add(form.replaceAll('+', '-').replaceAll('/', '_'), `base64url at ${at} (${what})`)
    }
  }
  return forms
}

/** What every base64 of a text that contains the value has in common, for each of the three places it can begin at. */
function base64Of(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64')
    return before === 0 ? whole : whole.slice(4)
  })
}
