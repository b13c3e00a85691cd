import { z } from 'zod'
import type { Resource } from './define-resource.ts'
import { annotations, type Tool } from './define-tool.ts'

type JsonSchema = Record<string, unknown>

/** What a tool promises in public, as plain data: nothing in it needs our code to be read. */
export interface ToolContract {
  readonly name: string
  readonly version: string
  readonly title: string
  readonly description: string
  readonly effect: string
  readonly scope: string
  readonly annotations: ReturnType<typeof annotations>
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema
}
export interface ResourceContract {
  readonly name: string
  readonly version: string
  readonly title: string
  readonly description: string
  readonly uri: string
  readonly scope: string
  readonly outputSchema: JsonSchema
}
export interface Contract {
  readonly server: string
  readonly tools: readonly ToolContract[]
  readonly resources: readonly ResourceContract[]
}

/**
 * The public contract of a server. Built once: converting zod to JSON Schema on every request is a fifth of what the
 * SDK spends on one.
 *
 * @throws Error when a schema holds something JSON Schema cannot say; that has to stop a start, not a tools/list.
 */
export function contractOf(server: {
  readonly name: string
  readonly tools: readonly Tool[]
  readonly resources: readonly Resource[]
}): Contract {
  return {
    server: server.name,
    tools: server.tools.map((tool) => ({
      name: tool.name,
      version: tool.version,
      title: tool.title,
      description: tool.description,
      effect: tool.effect,
      scope: tool.scope,
      annotations: annotations(tool.effect),
      inputSchema: jsonSchema(tool.name, tool.input, 'input'),
      outputSchema: jsonSchema(tool.name, tool.output, 'output'),
    })),
    resources: server.resources.map((resource) => ({
      name: resource.name,
      version: resource.version,
      title: resource.title,
      description: resource.description,
      uri: resource.uri,
      scope: resource.scope,
      outputSchema: jsonSchema(resource.name, resource.output, 'output'),
    })),
  }
}

/** JSON Schema 2020-12 without the dialect line, which MCP already takes for granted and models pay for. */
function jsonSchema(name: string, schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => lighten(jsonSchema as JsonSchema, io),
  })
  refuseLoose(name, rest)
  return rest
}

/**
 * Leaves out what a model pays for and nobody acts on: the bounds of every safe integer, and lengths and patterns of
 * what we send, which `output` enforces all the same. A fifth of a list, measured on the tickets server.
 */
function lighten(schema: JsonSchema, io: 'input' | 'output'): void {
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum']
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum']
  if (io === 'output') for (const bound of ['minLength', 'maxLength', 'pattern']) delete schema[bound]
}

/** A loose object would drop unknown fields in silence and run the tool without them. */
function refuseLoose(name: string, schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  const { type, additionalProperties } = schema as JsonSchema
  if (type === 'object' && additionalProperties !== false && typeof additionalProperties !== 'object')
    throw new Error(`${name} has an object that is not strict: use z.strictObject, nested ones included`)
  for (const inner of Object.values(schema)) refuseLoose(name, inner)
}
