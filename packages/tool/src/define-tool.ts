import { z } from 'zod'
import type { Call } from './call.ts'
import type { EffectKind, Handling, Scope, Target, TargetLimits, Version, WriteHandling } from './target.ts'

/**
 * The key that makes a write safe to repeat. The wording matters: told that a key is "unique for every request", models
 * mint a new one on each retry and write twice.
 */
export const IdempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{16,128}$/)
  .describe(
    'One key per intended effect; when you repeat the same call after an error or a timeout send the same key; a new key only for a new effect.',
  )

interface ToolBase<Name extends string, In extends z.ZodRawShape, Out extends z.ZodRawShape> {
  /** A verb on a domain noun in snake_case. */
  readonly name: Name
  /** Version of the contract of this tool; a breaking change is a new major. */
  readonly version: Version
  readonly title: string
  /** When to use the tool and what to use instead: this is all the model knows of it. */
  readonly description: string
  readonly scope: Scope
  readonly limits?: TargetLimits
  /** Strict; without `idempotency_key`, which every write gets by itself. */
  readonly input: z.ZodObject<In, z.core.$strict>
  /** Strict; the data under one noun, beside it at most `next_cursor`, `count`, `masked` and `truncated`. */
  readonly output: z.ZodObject<Out, z.core.$strict>
}

export interface ReadTool<Name extends string, In extends z.ZodRawShape, Out extends z.ZodRawShape, Ports>
  extends ToolBase<Name, In, Out> {
  readonly effect: 'read'
  handler(
    input: z.output<z.ZodObject<In>>,
    call: Handling<Ports> & { readonly effect?: never },
  ): Promise<z.input<z.ZodObject<Out>>>
}

export interface WriteTool<Name extends string, In extends z.ZodRawShape, Out extends z.ZodRawShape, Ports>
  extends ToolBase<Name, In, Out> {
  /** `destructive` where the change loses or overwrites what was there; clients show it to people. */
  readonly effect: 'write' | 'destructive'
  handler(input: z.output<z.ZodObject<In>>, call: WriteHandling<Ports>): Promise<z.input<z.ZodObject<Out>>>
}

/** A tool as everything but its author sees it. */
export interface Tool<Name extends string = string> extends Target {
  readonly kind: 'tool'
  readonly name: Name
  readonly title: string
  readonly description: string
  readonly input: z.ZodObject
  readonly output: z.ZodObject
}

/**
 * Gives a server its own `defineTool`, typed with the ports its tools may use. A write's handler has `effect`; a read's
 * does not compile with it, and neither reaches anything but ports.
 */
export function toolsFor<Ports>() {
  return function defineTool<const Name extends string, In extends z.ZodRawShape, Out extends z.ZodRawShape>(
    tool: ReadTool<Name, In, Out, Ports> | WriteTool<Name, In, Out, Ports>,
  ): Tool<Name> {
    return {
      kind: 'tool',
      known: true,
      name: tool.name,
      version: tool.version,
      title: tool.title,
      description: tool.description,
      effect: tool.effect,
      scope: tool.scope,
      limits: tool.limits ?? {},
      input: tool.effect === 'read' ? tool.input : tool.input.extend({ idempotency_key: IdempotencyKey }),
      output: withStatus(tool.output),
      run: (call, ports) => run(tool, call, ports as Ports),
    }
  }
}

async function run<In extends z.ZodRawShape, Out extends z.ZodRawShape, Ports>(
  tool: ReadTool<string, In, Out, Ports> | WriteTool<string, In, Out, Ports>,
  call: Call,
  ports: Ports,
): Promise<Record<string, unknown>> {
  const { idempotency_key: _, ...input } = call.input as z.output<z.ZodObject<In>> & { idempotency_key?: string }
  const handling = { principal: call.principal, ports, signal: call.signal }
  if (tool.effect === 'read') return { status: 'ok', ...(await tool.handler(input as never, handling)) }
  if (call.effect === undefined) throw new Error(`${tool.name} writes, but no layer gave it an effect`)
  return { status: 'ok', ...(await tool.handler(input as never, { ...handling, effect: call.effect })) }
}

/** `status` comes first: a model reads it before anything else. */
function withStatus(output: z.ZodObject): z.ZodObject {
  return z.strictObject({ status: z.literal('ok'), ...output.shape })
}

/** All four MCP annotations, always set: what is left out counts as destructive and open-world. */
export function annotations(effect: EffectKind) {
  return {
    readOnlyHint: effect === 'read',
    destructiveHint: effect === 'destructive',
    // Every write carries an idempotency_key, so repeating a call adds nothing.
    idempotentHint: true,
    openWorldHint: false,
  }
}
