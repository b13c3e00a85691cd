import { join } from 'node:path'
import { compose, type Handler } from '@postern/tool'
import { type Figure, figure, type Proof } from './figure.ts'
import { audited, callOf, createTicket, getTicket, ok } from './pipeline.ts'
import { logIn } from './recorded-trail.ts'

const calls = { read: 20_000, write: 2_000 }
const addedMsMax = 3

/** What audit adds to a call, one at a time and with 64 in flight. */
export async function proveCost({ scratch, onProgress }: Proof): Promise<Figure[]> {
  const log = await logIn(join(scratch, 'cost'))
  const inner: Handler = async (call) => {
    call.target.input.safeParse(call.input)
    await call.intent?.()
    return ok({
      status: 'ok',
      tickets: Array.from({ length: 5 }, (_, n) => ({ id: `OPS-${n}`, title: 'Printer on fire again' })),
    })
  }
  const figures: Figure[] = []
  let step = 0
  for (const kind of ['read', 'write'] as const)
    for (const inFlight of [1, 64]) {
      const make = () =>
        callOf(kind === 'read' ? getTicket : createTicket, kind === 'read' ? { id: 'OPS-1' } : { title: 'x' })
      const bare = await measure(compose([], inner), make, calls[kind], inFlight)
      const withAudit = await measure(audited(log, inner), make, calls[kind], inFlight)
      const added = (withAudit.p50 - bare.p50) / 1000
      figures.push(
        figure(
          `A ${kind}, ${inFlight} in flight: what audit adds`,
          inFlight === 1 ? 'p50 at most 3 ms more' : 'at most 3 ms of time per call',
          `p50 ${us(bare.p50)} → ${us(withAudit.p50)}, p99 ${us(bare.p99)} → ${us(withAudit.p99)}; ${us(withAudit.each)} of time per call in all`,
          (inFlight === 1 ? added : withAudit.each / 1000) <= addedMsMax,
        ),
      )
      step += 1
      onProgress('cost of a call', step, 4)
    }
  await log.close()
  return figures
}

async function measure(handle: Handler, make: () => Parameters<Handler>[0], count: number, inFlight: number) {
  const times: number[] = []
  let left = count + 500
  const began = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) {
        const call = make()
        const start = performance.now()
        await handle(call)
        times.push((performance.now() - start) * 1000)
      }
    }),
  )
  const each = ((performance.now() - began) * 1000) / times.length
  const sorted = times.slice(500).sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.trunc(sorted.length * share)] ?? 0
  return { p50: at(0.5), p99: at(0.99), each }
}

const us = (value: number): string => (value < 1000 ? `${value.toFixed(1)} µs` : `${(value / 1000).toFixed(2)} ms`)
