import type { ServerProcess } from './server-process.ts'

const leapLimitMs = 5000

/** What the process runs first: its stdin says by how many milliseconds the clock is to leap. */
const code = [
  'const now = performance.now.bind(performance)',
  'let ahead = 0',
  'performance.now = () => now() + ahead',
  "process.stdin.on('data', (ms) => process.stderr.write('clock ahead by ' + (ahead += Number(ms)) + ' ms\\n')).unref()",
].join('\n')

/**
 * For rules that count in minutes: makes the monotonic clock (`performance.now`) of a server over HTTP leap forward when
 * it is told to. Between leaps it goes as ever; timers and the time of day stay as they are.
 */
export const leapingClock = {
  /** To be added to the environment the process is started with. */
  env: { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(code)}"` },
  /** Resolves when the process has the new time. */
  async leap(server: ServerProcess, ms: number): Promise<void> {
    const from = server.stderr.all.length
    server.child.stdin?.write(String(ms))
    const told = server.stderr.find((line) => line.startsWith('clock ahead by'), from)
    await server.within(leapLimitMs, 'the leap of the clock', told)
  },
}
