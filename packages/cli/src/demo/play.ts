import type { Terminal } from '../terminal.ts'
import type { KillStep, Memory, Reply, Scene, Step, Via } from './scene.ts'
import { compact, showReply, showStep, showVerdict } from './show.ts'
import type { Stage } from './stage.ts'

/** Plays a scene step by step. @returns the titles of the steps that did not come out as expected */
export async function play(scene: Scene, stage: Stage, terminal: Terminal): Promise<readonly string[]> {
  const memory: Memory = {}
  const failed: string[] = []
  for (const [index, step] of scene.steps.entries()) {
    const fault = step.does === 'kill' ? await kill(step) : await ask(step)
    if (fault !== undefined) failed.push(`${index + 1} ${step.title}: ${fault}`)

    async function ask(step: Exclude<Step, KillStep>): Promise<string | undefined> {
      const connection = await terminal.during(`starting ${scene.server}`, stage.connection(step.via))
      const sent = sentBy(step, memory)
      showStep(terminal, index + 1, step, `${nameOf(step.via)} · MCP ${connection.version}`, sent.text)
      const reply = await terminal.during('waiting', sent.send(connection))
      const fault = step.fault(reply, memory)
      showReply(terminal, reply, step.shows(reply, memory))
      showVerdict(terminal, typeof step.why === 'string' ? step.why : step.why(reply), fault)
      return fault
    }

    async function kill(step: KillStep): Promise<undefined> {
      const pid = await stage.kill(step.via)
      showStep(terminal, index + 1, step, nameOf(step.via), `kill -9 ${pid}`)
      showVerdict(terminal, step.why, undefined)
    }
  }
  return failed
}

type Send = (connection: Awaited<ReturnType<Stage['connection']>>) => Promise<Reply>

function sentBy(step: Exclude<Step, KillStep>, memory: Memory): { text: string; send: Send } {
  switch (step.does) {
    case 'call': {
      const input = step.input(memory)
      return {
        text: `${step.tool}  ${compact(input)}`.trimEnd(),
        send: (connection) => connection.call(step.tool, input),
      }
    }
    case 'list':
      return { text: 'tools/list', send: (connection) => connection.list() }
    case 'read':
      return { text: `resources/read  ${step.uri}`, send: (connection) => connection.read(step.uri) }
  }
}

function nameOf({ transport, as }: Via): string {
  return as === undefined ? transport : `as ${as} · ${transport}`
}
