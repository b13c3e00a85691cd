import { readFile } from 'node:fs/promises'
import { StoreFault, storeDown } from './store-fault.ts'
import type { PostgresConfig } from './store-section.ts'

/** Where a connection goes, taken from the text behind `store.url`. */
export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

const form = 'postgres://user:password@host:5432/database'

/**
 * @throws ToolError whose cause says what is wrong with the text and never repeats it: it holds the password, which
 * `new URL` would put into its error
 */
export function parseAddress(text: string): PostgresAddress {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) throw wrong(`it does not have the form ${form}`)
  const database = decoded(url.pathname.slice(1))
  const user = decoded(url.username)
  if (url.hostname === '' || user === '' || database === '')
    throw wrong(`host, user and database have to be named: ${form}`)
  if (url.search !== '' || url.hash !== '')
    throw wrong('it carries parameters after "?"; remove them: TLS and timeouts are set in the store section')
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    user,
    password: decoded(url.password),
    database,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('a "%" in it does not start an escape; write % itself as %25')
  }
}

function wrong(what: string) {
  return storeDown(new StoreFault(`The text behind store.url is not the address of a PostgreSQL database: ${what}.`))
}

/** What `tls.connect` gets: certificates are verified unless the file says `tls: off`. */
export async function tlsOptions(
  tls: PostgresConfig['tls'],
): Promise<false | { rejectUnauthorized: true; ca?: string }> {
  if (tls === 'off') return false
  if (tls === 'verify') return { rejectUnauthorized: true }
  try {
    return { rejectUnauthorized: true, ca: await readFile(tls.ca, 'utf8') }
  } catch (error) {
    throw storeDown(new StoreFault(`store.tls.ca: ${tls.ca} cannot be read.`, { cause: error }))
  }
}
