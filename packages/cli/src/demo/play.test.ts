import { describe, expect, it } from 'vitest'
import { capturedTerminal } from '../captured-terminal.ts'
import type { Connection } from './connection.ts'
import { play } from './play.ts'
import type { Reply, Scene, Step, Via } from './scene.ts'
import type { Stage } from './stage.ts'

const via = { transport: 'stdio', as: 'ana' } as const

/** Answers every call with its input, and a tool called `refuse` with a refusal. */
function stage(): Stage & { readonly killed: Via[] } {
  const killed: Via[] = []
  const call = async (tool: string, input: Record<string, unknown>): Promise<Reply> =>
    tool === 'refuse'
      ? { ok: false, code: 'PERMISSION_DENIED', message: 'No.', error: {} }
      : { ok: true, data: input, replayed: false }
  const connection = { version: '2026-07-28', call } as unknown as Connection
  return {
    killed,
    connection: async () => connection,
    command: async (args: readonly string[], as: string): Promise<Reply> =>
      args[0] === 'fail'
        ? { ok: false, code: 'exit 1', message: 'No.', error: {} }
        : { ok: true, data: { lines: [...args, as] }, replayed: false },
    kill: async (which: Via) => killed.push(which),
  } as unknown as Stage & { readonly killed: Via[] }
}

function call(tool: string, more: Partial<Extract<Step, { does: 'call' }>> = {}): Step {
  return {
    does: 'call',
    title: `Call ${tool}`,
    via,
    tool,
    input: () => ({ text: 'x' }),
    shows: () => ['shown'],
    fault: () => undefined,
    why: 'Because.',
    ...more,
  }
}

async function played(...steps: Step[]) {
  const terminal = capturedTerminal()
  const scene: Scene = { server: 'notes', title: 'notes', steps }
  const stand = stage()
  return { outcome: await play(scene, stand, terminal), out: terminal.out, killed: stand.killed }
}

describe('play', () => {
  it('shows who asked, what was sent, what came back and why it matters', async () => {
    const { out, outcome } = await played(call('write'))
    for (const part of [
      ' 1  Call write',
      'as ana · stdio · MCP 2026-07-28',
      '→ write  text: x',
      '← shown',
      '✓ Because.',
    ])
      expect(out).toContain(part)
    expect(outcome).toEqual({ done: 1, refused: 0, killed: 0, faults: [] })
  })

  it('says what was wrong instead, and goes on', async () => {
    const { out, outcome } = await played(call('write', { fault: () => 'it was lost' }), call('refuse'))
    expect(out).toContain('✗ it was lost')
    expect(out).toContain('← PERMISSION_DENIED: No.')
    expect(outcome).toEqual({ done: 1, refused: 1, killed: 0, faults: ['1 Call write: it was lost'] })
  })

  it('hands on what one step found out to the next', async () => {
    const { outcome } = await played(
      call('write', {
        fault: (_reply, memory) => {
          memory['id'] = 'N-1'
          return undefined
        },
      }),
      call('read', {
        input: (memory) => ({ id: memory['id'] }),
        fault: (reply) => (reply.ok && reply.data['id'] === 'N-1' ? undefined : 'forgotten'),
      }),
    )
    expect(outcome.faults).toEqual([])
  })

  it('shows what another person types, and what comes of it', async () => {
    const shows = (reply: Reply) => (reply.ok ? [String(reply.data['lines'])] : [])
    const command = { does: 'command', title: 'Approve', as: 'may', shows, fault: () => undefined, why: 'So.' } as const
    const { out, outcome } = await played(
      { ...command, args: (memory) => ['approve', memory['id'] ?? 'none'] },
      { ...command, args: () => ['fail'] },
    )
    expect(out).toContain('as may · a terminal')
    expect(out).toContain('→ postern approve none\n    ← approve,none,may')
    expect(out).toContain('← exit 1: No.')
    expect(outcome).toMatchObject({ done: 1, refused: 1, faults: [] })
  })

  it('says what is repeated instead of showing it again', async () => {
    const { out } = await played(call('write', { inputSays: 'the very same input' }))
    expect(out).toContain('→ write  (the very same input)\n')
    expect(out).not.toContain('text: x')
  })

  it('kills the process of a connection', async () => {
    const { out, outcome, killed } = await played({ does: 'kill', title: 'It dies', via, why: 'To see.' })
    expect(killed).toEqual([via])
    expect(out).toContain('→ kill -9')
    expect(outcome.killed).toBe(1)
  })

  it('lists the fields of a long input one below the other', async () => {
    const { out } = await played(call('write', { input: () => ({ title: 'a'.repeat(200), text: 'b'.repeat(40) }) }))
    expect(out).toContain(`        title  ${'a'.repeat(55)}…\n        text   ${'b'.repeat(40)}\n`)
  })
})
