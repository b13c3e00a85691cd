import { randomBytes, randomUUID } from 'node:crypto'
import { audit } from '@postern/audit'
import { localPrincipal } from '@postern/auth'
import { idempotency } from '@postern/idempotency'
import { deadline, outputLimit } from '@postern/limits'
import { type Access, authorize, decider, handles } from '@postern/policy'
import { type Call, compose, type Handler, type Middleware } from '@postern/tool'
import { openDeployment } from '../../src/deployment.ts'
import { binder, handleCall } from '../../src/handle-call.ts'
import { createLogger } from '../../src/logger.ts'
import { errorReply } from '../../src/reply.ts'
import { validate } from '../../src/validate.ts'
import { bareEffect } from './bare-effect.ts'
import { type EngineName, engines } from './cases.ts'
import { entriesSubject } from './entries-subject.ts'
import { openStage, type Stage } from './stage.ts'
import type { Figures } from './tally.ts'

/** A change of the own store, and one request to an upstream (in a process of its own, over HTTP). */
const tools = ['keep_entry', 'post_entry'] as const
const warmUp = 20

/**
 * What the idempotency layer adds to a write: the same write through the same pipeline, with the layer and with an
 * effect that remembers nothing, in turns within one run. As ratios, because times differ from machine to machine;
 * milliseconds stand beside them.
 */
export async function proveWriteCost({ rounds, seed }: { rounds: number; seed: number }): Promise<Figures> {
  const figures: Record<string, number | string> = { rounds, 'writes that did not happen once': 0 }
  for (const engine of engines) {
    const stage = await openStage(entriesSubject, engine)
    try {
      const { lines, wrong } = await measure(stage, engine, { rounds, seed })
      Object.assign(figures, lines)
      figures['writes that did not happen once'] = Number(figures['writes that did not happen once']) + wrong
    } finally {
      await stage.close()
    }
  }
  return figures
}

export function keepsWriteCost(figures: Figures): boolean {
  return figures['writes that did not happen once'] === 0
}

async function measure(stage: Stage, engine: EngineName, { rounds, seed }: { rounds: number; seed: number }) {
  const { pipelines, call, close } = await openPipelines(stage)
  const times = new Map<string, number[]>()
  const made: string[] = []
  try {
    for (let n = -warmUp; n < rounds; n++)
      // Neither is always the first.
      for (const tool of tools)
        for (const [name, handler] of n % 2 === 0 ? pipelines : pipelines.toReversed()) {
          const marker = `cost-${seed}-${n}-${tool}-${name}`
          const one = call(tool, marker)
          const began = performance.now()
          const reply = await handler(one)
          const ms = performance.now() - began
          if (reply.isError) throw new Error(reply.text)
          made.push(marker)
          const key = `${tool} ${name}`
          if (n >= 0) times.set(key, [...(times.get(key) ?? []), ms])
        }
  } finally {
    await close()
  }
  const effects = await stage.effects()
  return { lines: linesOf(engine, times), wrong: made.filter((marker) => effects[marker] !== 1).length }
}

function linesOf(engine: EngineName, times: ReadonlyMap<string, readonly number[]>): Figures {
  const lines: Record<string, string> = {}
  for (const tool of tools)
    for (const around of ['whole pipeline', 'alone']) {
      const at = (name: string, share: number) => quantile(times.get(`${tool} ${around}, ${name}`) ?? [], share)
      const text = (share: number) =>
        `${(at('with', share) / at('without', share)).toFixed(2)} (${at('with', share).toFixed(2)} ms / ${at('without', share).toFixed(2)} ms)`
      const what = tool === 'keep_entry' ? 'change of the own store' : 'request to an upstream'
      lines[`${engine}, ${what}, ${around}: with ÷ without, p50`] = text(0.5)
      lines[`${engine}, ${what}, ${around}: with ÷ without, p99`] = text(0.99)
    }
  return lines
}

/** The pipelines of a server with and without the layer: with everything that stands around it, and alone. */
async function openPipelines(stage: Stage) {
  const { server } = entriesSubject
  const log = createLogger({ server: server.name, environment: 'test', level: 'silent' })
  const deployment = await openDeployment({
    server,
    environmentFile: stage.environmentFile('direct'),
    dataDirectory: stage.data,
    log,
  })
  const { environment, backend, context, trail } = deployment
  const { store } = context
  const decide = decider({ roles: environment.roles, readOnly: false, version: environment.policyVersion })
  const bound = binder({ specs: server.ports, ports: backend.ports, handles: handles(randomBytes(32)), decide })
  const shell = [deadline(environment.limits.deadlineMs), outputLimit(environment.limits.outputBytesMax)]
  const handler = handleCall(bound, { access: () => ({}) as Access })
  const within = compose(shell, handler)
  const once = idempotency({
    store,
    environment: environment.environment,
    server: server.name,
    recovery: backend.recovery,
    target: (name) => server.tools.find((tool) => tool.name === name),
    resume: within,
    toReply: errorReply,
    mayReplay: () => 'ok',
  })
  const outside: Middleware[] = [
    audit(trail, { toReply: (error, call) => errorReply(error, call.requestId) }),
    authorize(decide),
    validate,
  ]
  const pipelines: (readonly [string, Handler])[] = [
    ['whole pipeline, with', compose([...outside, once], within)],
    ['whole pipeline, without', compose([...outside, bareEffect(store)], within)],
    ['alone, with', compose([once], within)],
    ['alone, without', compose([bareEffect(store)], within)],
  ]
  const { local } = environment.identity
  if (local === undefined) throw new Error('the fixture names local principals')
  const principal = localPrincipal(local, undefined, ['entries:write'])
  const call = (name: string, marker: string): Call => {
    const target = server.tools.find((tool) => tool.name === name)
    if (target === undefined) throw new Error(`there is no ${name}`)
    const idempotencyKey = randomUUID()
    return {
      target,
      principal,
      input: { marker, idempotency_key: idempotencyKey },
      idempotencyKey,
      requestId: randomUUID(),
      signal: new AbortController().signal,
      client: { transport: 'internal', era: 'internal' },
      notes: {},
    }
  }
  return { pipelines, call, close: () => deployment.close() }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
