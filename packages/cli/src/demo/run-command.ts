import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Reply } from './scene.ts'

/** The built program: only that one plays. */
const program = join(import.meta.dirname, 'main.mjs')
const commandLimitMs = 30_000

/** Runs `postern` as a person at another terminal would. What it prints becomes the reply. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Reply> {
  // A person's own wish for colour must not reach what is read here.
  const { FORCE_COLOR: _colour, ...calm } = env
  const child = spawn(process.execPath, [program, ...args], {
    env: calm,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: commandLimitMs,
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code === 0) return { ok: true, replayed: false, data: { lines: out.trimEnd().split('\n') } }
  const said = (err.trim() || out.trim()).split('\n')
  return { ok: false, code: `exit ${code}`, message: said.join(' '), error: { lines: out.trimEnd().split('\n') } }
}
