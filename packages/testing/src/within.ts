/**
 * Waits for `promise`, at most `limitMs` milliseconds. Every wait in a test has a limit: a hang is a finding, and it
 * should say what it was waiting for rather than end in the test runner's own timeout.
 *
 * @param detail asked for at the moment of failure, such as what the process has written to stderr until then
 * @throws Error that names `what`, the limit and the detail
 */
export async function within<T>(
  limitMs: number,
  what: string,
  promise: Promise<T>,
  detail: () => string = () => '',
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what}: nothing within ${limitMs} ms.\n${detail()}`)), limitMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
