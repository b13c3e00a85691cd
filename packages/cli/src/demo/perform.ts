import { type Bundle, bundles } from '../bundles.ts'
import { desktopEntries } from '../desktop/entries.ts'
import type { Terminal } from '../terminal.ts'
import { customerRecords } from './customer-records.ts'
import { type Outcome, play } from './play.ts'
import type { Scene } from './scene.ts'
import { Stage } from './stage.ts'
import { tickets } from './tickets.ts'

/** In the order in which they are played. */
const scenes: readonly Scene[] = [tickets, customerRecords]

/** Plays all scenes, then says how it went. @returns the exit code */
export async function perform(terminal: Terminal): Promise<number> {
  const started = performance.now()
  const all = bundles()
  const outcomes: Outcome[] = []
  for (const scene of scenes) {
    const bundle = all.find(({ name }) => name === scene.server)
    if (bundle !== undefined) outcomes.push(await playScene(scene, bundle, terminal))
  }
  const fine = conclude(terminal, outcomes, (performance.now() - started) / 1000)
  if (!fine) return 1
  snippet(
    terminal,
    all.filter((bundle) => bundle.built),
  )
  return 0
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function playScene(scene: Scene, bundle: Bundle, terminal: Terminal): Promise<Outcome> {
  const stage = new Stage(bundle, scene.rule)
  terminal.line()
  terminal.line(terminal.paint('bold', scene.title))
  terminal.line(terminal.paint('dim', `Fresh data in ${stage.data}, removed at the end; policy ${stage.policy}`))
  if (scene.rule !== undefined) terminal.line(terminal.paint('dim', scene.rule.words))
  // Ctrl-C must leave neither processes nor data behind.
  const interrupted = () => process.exit(130)
  for (const signal of signals) process.once(signal, interrupted)
  try {
    return await play(scene, stage, terminal)
  } finally {
    for (const signal of signals) process.off(signal, interrupted)
    await stage.close()
  }
}

function conclude(terminal: Terminal, outcomes: readonly Outcome[], seconds: number): boolean {
  const sum = (key: 'done' | 'refused' | 'killed') => outcomes.reduce((total, outcome) => total + outcome[key], 0)
  const faults = outcomes.flatMap((outcome) => outcome.faults)
  const steps = sum('done') + sum('refused') + sum('killed')
  const fine = faults.length === 0 && steps > 0
  terminal.line()
  terminal.line(
    fine
      ? terminal.paint('green', `${steps} steps, all as expected, in ${seconds.toFixed(1)} s:`)
      : terminal.paint('red', `${faults.length} of ${steps} steps did not come out as expected:`),
  )
  if (fine) terminal.line(`${sum('done')} done, ${sum('refused')} refused, ${sum('killed')} process killed`)
  for (const fault of faults) terminal.line(`  ${fault}`)
  return fine
}

function snippet(terminal: Terminal, built: readonly Bundle[]): void {
  terminal.line()
  terminal.line('To use these servers in Claude Desktop, put this into its configuration, or let')
  terminal.line('"npm run postern -- claude-desktop --write" do it:')
  terminal.line()
  terminal.line(JSON.stringify({ mcpServers: desktopEntries(built) }, undefined, 2))
}
