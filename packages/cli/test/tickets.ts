import { join } from 'node:path'
import { connect, environmentWith, type McpClient, repository, startStdio } from '@postern/testing'
import { capturedTerminal } from '../src/captured-terminal.ts'
import { main } from '../src/run.ts'

export const development = join(repository, 'servers/tickets/environments/development.yaml')

/** The development file with the rule that staging and production have, for a role that its principals hold. */
export function withApprovals(directory: string): string {
  const rule = { create_ticket: { when: { priority: ['P0'] }, by: ['incident-reader'] } }
  return environmentWith(development, { approvals: rule }, join(directory, 'p0.yaml'))
}

/** Talks to the built tickets server as an agent does, and ends it. */
export async function talk<T>(
  place: { readonly data: string; readonly environment: string; readonly as?: string },
  calls: (client: McpClient) => Promise<T>,
): Promise<T> {
  const server = startStdio({
    server: 'tickets',
    data: place.data,
    env: { POSTERN_ENVIRONMENT: place.environment, ...(place.as && { POSTERN_PRINCIPAL: place.as }) },
  })
  try {
    return await calls(await connect(server))
  } finally {
    await server.stop()
  }
}

export const urgent = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person. It began with firmware 7.',
  labels: ['incident'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
  priority: 'P0',
  idempotency_key: 'archive-robot-0001',
}

/** Runs the command line, in this process; the bundles it asks are processes of their own. */
export async function postern(...args: readonly string[]) {
  const terminal = capturedTerminal()
  const code = await main(args, terminal)
  return { code, out: terminal.out, err: terminal.err }
}
