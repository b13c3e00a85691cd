import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { contractOf, type Resource, type Tool, untrustedTextOutside } from '@postern/tool'
import { z } from 'zod'

export interface Registry {
  readonly name: string
  readonly tools: readonly Tool[]
  readonly resources: readonly Resource[]
}

const toolsMin = 3
const toolsMax = 7
const descriptionCharsMax = 400
const verbs = [
  'search',
  'get',
  'list',
  'find',
  'draft',
  'validate',
  'create',
  'log',
  'update',
  'cancel',
  'reschedule',
  'run',
  'explain',
  'describe',
]
/** In every server, with the same file in `policy`. */
const shared = ['whoami', 'list_scopes']

/**
 * What is wrong with a server's registry of tools: the rules of the architecture's section on tools, as data.
 *
 * @param sources the `src` directory of the server, to hold file names against tool names
 * @returns one sentence a fault; empty when all is well
 */
export function registryFaults(server: Registry, sources: string): string[] {
  const names = server.tools.map((tool) => tool.name)
  return [
    ...(names.length < toolsMin || names.length > toolsMax
      ? [
          `${server.name} lists ${names.length} tools; ${toolsMin} to ${toolsMax} are allowed, more is two servers in disguise`,
        ]
      : []),
    ...(names[0] === 'whoami' && names[1] === 'list_scopes'
      ? []
      : [`whoami and list_scopes come first in ${server.name}`]),
    ...names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${name} is registered twice`),
    ...server.tools.flatMap(toolFaults),
    ...server.resources.flatMap((resource) =>
      untrustedTextOutside(resource.output).map(
        (path) => `resource ${resource.name} returns free text outside "untrusted": ${path}`,
      ),
    ),
    ...schemaFaults(server),
    ...fileFaults(
      join(sources, 'tools'),
      names.filter((name) => !shared.includes(name)),
    ),
    ...fileFaults(
      join(sources, 'resources'),
      server.resources.map((resource) => resource.name),
    ),
  ]
}

/** A loose output drops what the handler returned too much in silence; what is advertised would hide that. */
function loose(name: string, output: z.ZodType): string[] {
  const text = JSON.stringify(z.toJSONSchema(output, { io: 'input' }))
  const objects = text.split('"type":"object"').length - 1
  const strict = text.split('"additionalProperties":false').length - 1
  return objects === strict ? [] : [`${name} has an output object that is not strict: use z.strictObject`]
}

function toolFaults(tool: Tool): string[] {
  const own = shared.includes(tool.name)
  const [verb = ''] = tool.name.split('_')
  return [
    ...(/^[a-z]+(_[a-z]+){0,3}$/.test(tool.name) ? [] : [`${tool.name} is not snake_case`]),
    ...(own || verbs.includes(verb) ? [] : [`${tool.name} does not start with a verb of ours (${verbs.join(', ')})`]),
    ...(tool.description.length <= descriptionCharsMax
      ? []
      : [`the description of ${tool.name} has more than ${descriptionCharsMax} characters`]),
    ...(/\b(use|call|instead|before|after|when|for)\b/i.test(tool.description)
      ? []
      : [`the description of ${tool.name} does not say when to use it`]),
    ...((tool.effect === 'read') === tool.scope.endsWith(':read')
      ? []
      : [`the scope ${tool.scope} of ${tool.name} does not fit its effect ${tool.effect}`]),
    ...loose(tool.name, tool.output),
    ...(own
      ? []
      : untrustedTextOutside(tool.output).map((path) => `${tool.name} returns free text outside "untrusted": ${path}`)),
  ]
}

/** Over the advertised JSON, because that is what clients and models get to see. */
function schemaFaults(server: Registry): string[] {
  return contractOf(server).tools.flatMap(({ name, effect, inputSchema, outputSchema, annotations }) => {
    const properties = inputSchema['properties'] as Readonly<Record<string, { description?: string }>>
    const required = (inputSchema['required'] ?? []) as readonly string[]
    const nouns = Object.keys(outputSchema['properties'] as object).filter((key) => !reserved.includes(key))
    return [
      ...((effect !== 'read') === required.includes('idempotency_key')
        ? []
        : [`${name}: a write requires idempotency_key, and a read has none`]),
      ...(Object.values(annotations).every((hint) => typeof hint === 'boolean')
        ? []
        : [`${name} leaves an annotation open`]),
      ...(/"(anyOf|oneOf|allOf|not|if)":/.test(JSON.stringify(inputSchema))
        ? [`the input of ${name} branches; models fill flat objects in more reliably`]
        : []),
      ...(nouns.length === 1
        ? []
        : [`the answer of ${name} has ${nouns.length} nouns (${nouns.join(', ')}); the data stands under one`]),
      ...Object.entries(properties).flatMap(([field, schema]) =>
        schema.description ? [] : [`${name}.${field} has no description`],
      ),
    ]
  })
}

const reserved = ['status', 'masked', 'truncated', 'next_cursor', 'count']

/** File `create-ticket.ts` = tool `create_ticket` = test `create-ticket.test.ts`. */
function fileFaults(directory: string, names: readonly string[]): string[] {
  const files = readdirSync(directory)
  const expected = names.map((name) => name.replaceAll('_', '-'))
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'index.ts')
  return [
    ...expected.filter((name) => !files.includes(`${name}.ts`)).map((name) => `${directory} has no ${name}.ts`),
    ...expected
      .filter((name) => !files.includes(`${name}.test.ts`))
      .map((name) => `${directory} has no ${name}.test.ts`),
    ...sources
      .filter((file) => !expected.includes(file.slice(0, -3)))
      .map((file) => `${directory}/${file} is no registered name`),
  ]
}
