const units = { B: 1, KiB: 1024, MiB: 1024 * 1024 } as const

export const bytesForm = /^([1-9]\d{0,6})(B|KiB|MiB)$/

/**
 * Reads a size such as `64KiB` as bytes. Only the binary units B, KiB and MiB: `KB` means two things.
 *
 * @throws TypeError for text of another form
 */
export function parseBytes(text: string): number {
  const [, count, unit] = bytesForm.exec(text) ?? []
  if (count === undefined || unit === undefined) throw new TypeError(`${text} is not a size such as 64KiB`)
  return Number(count) * units[unit as keyof typeof units]
}
