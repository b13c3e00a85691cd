import type { Terminal } from '../terminal.ts'
import type { Connection } from './connection.ts'
import type { CommandStep, KillStep, Memory, Reply, Scene, Step, Via } from './scene.ts'
import { type Sent, showReply, showStep, showVerdict } from './show.ts'
import type { Stage } from './stage.ts'

/** How a scene came out. */
export interface Outcome {
  readonly done: number
  readonly refused: number
  readonly killed: number
  /** One sentence for each step that did not come out as expected. */
  readonly faults: readonly string[]
}

/** Plays a scene step by step, and shows each. */
export async function play(scene: Scene, stage: Stage, terminal: Terminal): Promise<Outcome> {
  const memory: Memory = {}
  const faults: string[] = []
  const count = { done: 0, refused: 0, killed: 0 }

  async function kill(step: KillStep, number: number): Promise<void> {
    const pid = await stage.kill(step.via)
    showStep(terminal, number, step.title, nameOf(step.via), { name: `kill -9 ${pid}` })
    showVerdict(terminal, step.why, undefined)
    count.killed += 1
  }

  async function ask(step: AskStep, number: number): Promise<void> {
    const connection = await terminal.during(`starting ${scene.server}`, stage.connection(step.via))
    const { send, ...sent } = sentBy(step, memory)
    showStep(terminal, number, step.title, `${nameOf(step.via)} · MCP ${connection.version}`, sent)
    judge(step, number, await terminal.during('waiting', send(connection)))
  }

  async function command(step: CommandStep, number: number): Promise<void> {
    const args = step.args(memory)
    showStep(terminal, number, step.title, `as ${step.as} · a terminal`, { name: ['postern', ...args].join(' ') })
    judge(step, number, await terminal.during('waiting', stage.command(args, step.as)))
  }

  function judge(step: AskStep | CommandStep, number: number, reply: Reply): void {
    const fault = step.fault(reply, memory)
    showReply(terminal, reply, step.shows(reply, memory))
    showVerdict(terminal, step.why, fault)
    count[reply.ok ? 'done' : 'refused'] += 1
    if (fault !== undefined) faults.push(`${number} ${step.title}: ${fault}`)
  }

  for (const [index, step] of scene.steps.entries())
    if (step.does === 'kill') await kill(step, index + 1)
    else if (step.does === 'command') await command(step, index + 1)
    else await ask(step, index + 1)
  return { ...count, faults }
}

type AskStep = Exclude<Step, KillStep | CommandStep>

function sentBy(step: AskStep, memory: Memory): Sent & { send: (connection: Connection) => Promise<Reply> } {
  switch (step.does) {
    case 'call': {
      const input = step.input(memory)
      const send = (connection: Connection) => connection.call(step.tool, input)
      return step.inputSays === undefined
        ? { name: step.tool, input, send }
        : { name: `${step.tool}  (${step.inputSays})`, send }
    }
    case 'list':
      return { name: 'tools/list', send: (connection) => connection.list() }
    case 'read':
      return { name: `resources/read  ${step.uri}`, send: (connection) => connection.read(step.uri) }
  }
}

function nameOf({ transport, as, purpose }: Via): string {
  const who = as === undefined ? '' : `as ${as} · `
  return `${who}${purpose === undefined ? '' : `for ${purpose} · `}${transport}`
}
