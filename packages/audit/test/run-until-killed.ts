import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Runs a script and kills it (SIGKILL) once it has said `after` lines, or lets it end.
 *
 * @returns the whole lines it had said
 */
export async function runUntilKilled(
  script: URL,
  args: readonly string[],
  after = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let text = ''
  let lines = 0
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines += 1
    text += chunk
    if (lines >= after) child.kill('SIGKILL')
  })
  await closed
  return text.split('\n').slice(0, -1)
}
