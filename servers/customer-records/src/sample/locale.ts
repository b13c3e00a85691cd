/** How people of one sales region are called, work and write. `{product}`, `{person}`, `{n}` and `{day}` are slots. */
export interface Locale {
  readonly region: string
  readonly currency: string
  /** What an amount in euro becomes, roughly. */
  readonly perEuro: number
  /** The beginning of a telephone number that nobody has, and how many digits follow. */
  readonly phone: readonly [prefix: string, digits: number]
  readonly familyNameFirst?: true
  /** As they are written and, where that is no Latin letter, as they stand in an address. */
  readonly firstNames: readonly Name[]
  readonly familyNames: readonly Name[]
  /** What a company does; `{family}` is the name of its founder. */
  readonly companies: readonly Name[]
  readonly roles: readonly string[]
  readonly deals: readonly string[]
  readonly notes: readonly string[]
  readonly calls: readonly string[]
  readonly meetings: readonly string[]
  /** Why a deal went forward, and why one was lost. */
  readonly progress: readonly string[]
  readonly losses: readonly string[]
}

export type Name = string | readonly [written: string, latin: string]
