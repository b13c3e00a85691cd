/** Options that were given, as the words a bundle reads them from. */
export function givenOptions(values: Readonly<Record<string, string | boolean | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [`--${name}`, value] : []))
}
