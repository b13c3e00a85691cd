import { z } from 'zod'
import type { Call } from './call.ts'
import type { Handling, Scope, Target, TargetLimits, Version } from './target.ts'

interface ResourceDefinition<Name extends string, Out extends z.ZodRawShape, Ports> {
  readonly name: Name
  readonly version: Version
  readonly title: string
  readonly description: string
  /** A URI, or a template such as `ticket://{id}`; each variable stands for one path segment. */
  readonly uri: string
  readonly scope: Scope
  readonly limits?: TargetLimits
  readonly output: z.ZodObject<Out, z.core.$strict>
  handler(
    variables: Readonly<Record<string, string>>,
    call: Handling<Ports> & { readonly effect?: never },
  ): Promise<z.input<z.ZodObject<Out>>>
  /** The concrete URIs this caller can read, for `resources/list`; at most 100. Without it only the template is shown. */
  list?(call: Handling<Ports> & { readonly effect?: never }): Promise<readonly Listed[]>
}

export interface Listed {
  readonly uri: string
  readonly title: string
}

/** A resource as everything but its author sees it. Its effect is read; its input are the variables of its URI. */
export interface Resource<Name extends string = string> extends Target {
  readonly kind: 'resource'
  readonly name: Name
  readonly title: string
  readonly description: string
  readonly uri: string
  readonly output: z.ZodObject
  /** The variables of a URI of this form, or undefined when it has another form. */
  match(uri: string): Readonly<Record<string, string>> | undefined
  /** Lists the concrete URIs; a target of its own, so that listing takes the pipeline like reading does. */
  readonly listing: Target | undefined
}

const listedMax = 100
const Listing = z.strictObject({
  resources: z.array(z.strictObject({ uri: z.string().max(500), title: z.string().max(200) })),
})

/**
 * What one variable may hold. The SDK hands variables over undecoded and lets a query pass (`a?x=1`), so they are
 * matched here, strictly, before anything looks at them.
 */
const segment = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}'

/** Gives a server its own `defineResource`, typed with the ports its resources may use. */
export function resourcesFor<Ports>() {
  return function defineResource<const Name extends string, Out extends z.ZodRawShape>(
    resource: ResourceDefinition<Name, Out, Ports>,
  ): Resource<Name> {
    const names = [...resource.uri.matchAll(/\{(\w+)\}/g)].map((found) => found[1] as string)
    const form = new RegExp(
      `^${resource.uri
        .split(/\{\w+\}/)
        .map(literal)
        .join(`(${segment})`)}$`,
    )
    const { list } = resource
    const target = {
      kind: 'resource' as const,
      known: true,
      name: resource.name,
      version: resource.version,
      effect: 'read' as const,
      scope: resource.scope,
      limits: resource.limits ?? {},
    }
    return {
      ...target,
      title: resource.title,
      description: resource.description,
      uri: resource.uri,
      input: z.strictObject(Object.fromEntries(names.map((name) => [name, z.string()]))),
      output: resource.output,
      match(uri) {
        const values = form.exec(uri)
        return values ? Object.fromEntries(names.map((name, i) => [name, values[i + 1] as string])) : undefined
      },
      run: (call, ports) => resource.handler(call.input as Record<string, string>, handling(call, ports as Ports)),
      listing: list && {
        ...target,
        input: z.strictObject({}),
        output: Listing,
        run: async (call, ports) => ({
          resources: (await list(handling(call, ports as Ports))).slice(0, listedMax).map((one) => ({ ...one })),
        }),
      },
    }
  }
}

function handling<Ports>(call: Call, ports: Ports): Handling<Ports> {
  return { principal: call.principal, ports, signal: call.signal }
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
