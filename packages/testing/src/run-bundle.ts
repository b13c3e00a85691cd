import { type Launch, ServerProcess } from './server-process.ts'

/** Runs a sub-command of a built server to its end, such as `['token', '--as', 'support']`. */
export async function runBundle(launch: Launch): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = new ServerProcess(launch)
  const { code } = await command.ended()
  return { code, stdout: command.stdout.text, stderr: command.stderr.text }
}
