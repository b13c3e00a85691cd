/** Whether a field of this name stands anywhere in a value. */
export function occurs(field: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => occurs(field, item))
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, inner]) => name === field || occurs(field, inner))
}

/** A value without the fields of these names, wherever they stand. */
export function without(fields: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => without(fields, item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !fields.includes(name))
      .map(([name, inner]) => [name, without(fields, inner)]),
  )
}
