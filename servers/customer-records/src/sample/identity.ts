import type { Locale, Name } from './locale.ts'

export interface Identity {
  readonly name: string
  readonly company: string
  readonly email: string
}

/**
 * Who the customer with this number in a region is: the same in every tenant. Up to 400 of a region, no two of one name.
 */
export function identityOf(locale: Locale, index: number): Identity {
  const first = at(locale.firstNames, index)
  const family = at(locale.familyNames, index * 7 + Math.floor(index / locale.firstNames.length))
  const founder = at(locale.familyNames, index * 3 + 1)
  const company = at(locale.companies, index * 5 + Math.floor(index / locale.companies.length))
  return {
    name: fullName(locale, first, family),
    company: written(company).replace('{family}', written(founder)),
    email: `${slug(latin(first))}.${slug(latin(family))}@${slug(latin(company).replace('{family}', latin(founder)))}.example`,
  }
}

/** A colleague of that customer. */
export function colleagueOf(locale: Locale, index: number): string {
  return fullName(locale, at(locale.firstNames, index * 11 + 5), at(locale.familyNames, index * 13 + 8))
}

function fullName({ familyNameFirst }: Locale, first: Name, family: Name): string {
  return familyNameFirst ? `${written(family)} ${written(first)}` : `${written(first)} ${written(family)}`
}

const written = (name: Name): string => (typeof name === 'string' ? name : name[0])
const latin = (name: Name): string => (typeof name === 'string' ? name : name[1])

/** What NFD does not take apart. */
const apart: Readonly<Record<string, string>> = { ß: 'ss', ł: 'l', ø: 'o', æ: 'ae', đ: 'd' }

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[ßłøæđ]/g, (letter) => apart[letter] ?? '')
    .normalize('NFD')
    .replace(/[^a-z0-9 -]/g, '')
    .trim()
    .replace(/[ -]+/g, '-')
}

function at<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T
}
