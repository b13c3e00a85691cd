/** Where a page of a list ended: the sort key of its last row, as it stands in the (sealed) cursor. */
export function position(...key: readonly (string | number)[]): string {
  return JSON.stringify(key)
}

/** @throws TypeError for anything but a position of this list */
export function readPosition<Key extends readonly (string | number)[]>(
  after: string,
  form: { readonly [I in keyof Key]: 'string' | 'number' },
): Key {
  const key = JSON.parse(after) as unknown[]
  if (key.length !== form.length || key.some((part, i) => typeof part !== form[i]))
    throw new TypeError('not a position of this list')
  return key as unknown as Key
}
