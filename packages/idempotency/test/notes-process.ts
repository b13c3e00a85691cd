import { AsyncLocalStorage } from 'node:async_hooks'
import type { Reply } from '@postern/tool'
import type { FaultPoint } from '../src/options.ts'
import { type NotesServer, notesServer } from './notes-server.ts'
import { openPlace, type Place } from './place.ts'

/** A server in a process of its own, told over IPC what to do; it stops where it is told to. */
export interface Order {
  readonly id: number
  /** The first order says where it works. */
  readonly open?: { readonly place: Place; readonly upstream: string; readonly leaseMs?: number }
  readonly input?: Record<string, unknown>
  /** Waits there for ever, to be killed. */
  readonly parkAt?: FaultPoint
  readonly stopAt?: FaultPoint
}
export interface Report {
  readonly id: number
  readonly reply?: Reply
  readonly at?: FaultPoint
}

let server: NotesServer | undefined
const orders = new AsyncLocalStorage<Order>()

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
  const reply = order.input && (await orders.run(order, () => server?.call(order.input ?? {})))
  await report({ id: order.id, ...(reply && { reply }) })
}

async function fault(point: FaultPoint): Promise<void> {
  const order = orders.getStore()
  if (order === undefined || (order.parkAt !== point && order.stopAt !== point)) return
  await report({ id: order.id, at: point })
  if (order.stopAt === point) process.kill(process.pid, 'SIGSTOP')
  else await new Promise(() => {})
}
