import type { Planter } from '@postern/testing'

/** An answer of a vendor that tells more than anybody should write down. */
export interface VendorAnswer {
  readonly what: string
  /** Undefined: the connection is closed instead. */
  readonly bytes: string | undefined
  /** How the call ends, whichever tool asked. */
  readonly ends: RegExp
}

/** What has no form that the backend knows: by the way of its tool it is a bug, or nobody can tell what happened. */
const unclear = /^(UPSTREAM_(TIMEOUT|UNAVAILABLE)\/(settling|outcome_unknown)|INTERNAL\/output_contract)$/

/** Refusals, faults and nonsense, each with secrets and personal data wherever a vendor can put text. */
export function vendorAnswers(plant: Planter): VendorAnswer[] {
  const complaint = () =>
    JSON.stringify({
      error: { message: `No account for ${plant.text('message')}`, value: plant.text('value in an error') },
      query: `select * from people where email = '${plant.email('query')}'`,
      trace: `Error: ${plant.line('trace')}\n    at ${plant.word('frame of a trace')} (/srv/app.js:1:1)`,
    })
  const answer = (what: string, status: number, body: string, ends = unclear, headers = {}): VendorAnswer => ({
    what,
    ends,
    bytes: http(`${status} ${plant.word('reason phrase')}`, body, {
      'set-cookie': `sid=${plant.word('cookie')}`,
      'x-request-id': plant.header('request id'),
      'x-error': plant.header('header'),
      'www-authenticate': `Bearer error_description="${plant.word('challenge')}"`,
      ...headers,
    }),
  })
  const redirect = (what: string, status: number, location: string) =>
    answer(what, status, '', unclear, { location: `${location}?key=${plant.word('location')}` })
  const broken = (what: string, bytes: string | undefined): VendorAnswer => ({ what, bytes, ends: unclear })

  return [
    answer('a refusal', 422, complaint(), /^VALIDATION_ERROR\/rule$/),
    answer('too many requests', 429, complaint(), /^RATE_LIMITED\/upstream_rate$/),
    answer('a fault', 500, complaint()),
    answer('a page with a fault', 503, `<html><h1>${plant.text('page')}</h1></html>`),
    answer('a page instead of JSON', 200, `<html>${plant.text('page')}</html>`),
    answer('a few words instead of JSON', 200, plant.capitals('words', 14)),
    answer('half of a JSON text', 200, `{"id":"e-1","marker":${JSON.stringify(plant.text('half of a text'))}`),
    answer('a fault that says it is none', 200, complaint()),
    answer('a list', 200, JSON.stringify([plant.text('list')])),
    answer('a text', 200, JSON.stringify(plant.text('text'))),
    answer('what is not packed', 200, plant.text('body'), unclear, { 'content-encoding': 'gzip' }),
    redirect('a redirect to nobody', 307, 'http://127.0.0.1:1/'),
    redirect('a redirect to another protocol', 302, `ftp://ada:${plant.word('password')}@files.example.com/`),
    broken('no HTTP', `220 ${plant.text('greeting')} ESMTP\r\n`),
    broken('a broken header', `HTTP/1.1 200 OK\r\n${plant.text('broken header')}\r\n\r\n{}`),
    broken('half of a body', `HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{"id":"${plant.word('half of a body')}`),
    broken('nothing', undefined),
  ]
}

export function http(status: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`
}
