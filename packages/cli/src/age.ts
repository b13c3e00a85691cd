const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** How long ago, in its largest unit: `3 d`, `15 min`, `40 s`. */
export function age(seconds: number): string {
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ['s', 1]
  return `${Math.floor(seconds / length)} ${unit}`
}
