import type { Reply } from '@postern/tool'
import type { FaultPoint } from '../src/options.ts'
import { startCompleter } from '../src/start-completer.ts'
import { type NotesServer, notesServer } from './notes-server.ts'
import { openPlace, type Place } from './stores.ts'

/** A server in a process of its own, told over IPC what to do; it dies or stops where it is told to. */
export interface Order {
  readonly id: number
  /** The first order says where it works. */
  readonly open?: { readonly place: Place; readonly upstream: string; readonly leaseMs?: number }
  readonly input?: Record<string, unknown>
  readonly dieAt?: FaultPoint
  readonly stopAt?: FaultPoint
  readonly complete?: boolean
}
export interface Report {
  readonly id: number
  readonly reply?: Reply
  readonly stopping?: FaultPoint
}

let server: NotesServer | undefined
let now: Order | undefined

const report = (it: Report) => new Promise<void>((sent) => process.send?.(it, () => sent()))

process.on('message', (order: Order) => {
  void obey(order)
})
process.on('disconnect', () => process.exit())

async function obey(order: Order): Promise<void> {
  if (order.open !== undefined) {
    const { place, upstream, leaseMs = 30_000 } = order.open
    const store = await openPlace(place)
    server = notesServer({ store, upstream, leaseMs, fault })
    await report({ id: order.id })
    return
  }
  if (server === undefined) throw new Error('not opened')
  now = order
  if (order.complete) await startCompleter(server.options).run()
  const reply = order.input && (await server.call(order.input))
  await report({ id: order.id, ...(reply && { reply }) })
}

async function fault(point: FaultPoint): Promise<void> {
  if (now?.dieAt === point) process.kill(process.pid, 'SIGKILL')
  if (now?.stopAt !== point) return
  await report({ id: now.id, stopping: point })
  process.kill(process.pid, 'SIGSTOP')
}
