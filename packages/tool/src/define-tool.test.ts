import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Call, Effect } from './call.ts'
import { contractOf } from './contract.ts'
import { resourcesFor } from './define-resource.ts'
import { annotations, toolsFor } from './define-tool.ts'

interface Ports {
  readonly notes: { read(id: string): string; write(id: string, call: { effect: Effect }): string }
}
const defineTool = toolsFor<Ports>()
const ports: Ports = { notes: { read: (id) => `read ${id}`, write: (id) => `wrote ${id}` } }
const common = {
  version: '1.2.3',
  title: 'Note',
  description: 'A note.',
  scope: 'notes:read',
  input: z.strictObject({ id: z.string() }),
  output: z.strictObject({ note: z.string() }),
} as const

const readNote = defineTool({
  ...common,
  name: 'read_note',
  effect: 'read',
  handler: async ({ id }, { ports }) => ({ note: ports.notes.read(id) }),
})
const writeNote = defineTool({
  ...common,
  name: 'write_note',
  effect: 'write',
  handler: async (input, call) => ({ note: call.ports.notes.write(input.id, call) }),
})

describe('defineTool', () => {
  it('gives a write the key and the effect, and a read neither', () => {
    expect(Object.keys(writeNote.input.shape)).toEqual(['id', 'idempotency_key'])
    expect(Object.keys(readNote.input.shape)).toEqual(['id'])
    defineTool({
      ...common,
      name: 'sly_note',
      effect: 'read',
      // @ts-expect-error: a read has no effect to write with
      handler: async ({ id }, call) => ({ note: call.ports.notes.write(id, call) }),
    })
  })

  it('runs the handler without the key, and puts the status first', async () => {
    const call = { input: { id: 'n1', idempotency_key: 'k'.repeat(16) }, effect: {} } as unknown as Call
    const result = await writeNote.run(call, ports)
    expect(JSON.stringify(result)).toBe('{"status":"ok","note":"wrote n1"}')
  })

  it('never writes without an effect', async () => {
    await expect(writeNote.run({ input: { id: 'n1' } } as Call, ports)).rejects.toThrow(/no layer gave it an effect/)
  })

  it.each(['short', 'x'.repeat(129), 'has spaces in the key', 'ümlautümlautümlaut'])('refuses the key %j', (key) => {
    expect(writeNote.input.safeParse({ id: 'n', idempotency_key: key }).success).toBe(false)
  })

  it('tells models to keep the key when they repeat a call', () => {
    const [, write] = contractOf({ name: 'notes', tools: [readNote, writeNote], resources: [] }).tools
    expect(JSON.stringify(write?.inputSchema)).toContain(
      'when you repeat the same call after an error or a timeout send the same key',
    )
  })

  it('sets all four annotations for every effect', () => {
    for (const effect of ['read', 'write', 'destructive'] as const)
      expect(Object.values(annotations(effect)).every((hint) => typeof hint === 'boolean')).toBe(true)
    expect(annotations('destructive')).toMatchObject({ readOnlyHint: false, destructiveHint: true })
  })
})

describe('the public contract', () => {
  it('is plain data that JSON keeps whole', () => {
    const contract = contractOf({ name: 'notes', tools: [readNote, writeNote], resources: [] })
    expect(JSON.parse(JSON.stringify(contract))).toEqual(contract)
    expect(contract.tools[0]).toMatchObject({
      name: 'read_note',
      inputSchema: { type: 'object', additionalProperties: false, required: ['id'] },
      outputSchema: { type: 'object', additionalProperties: false, required: ['status', 'note'] },
    })
  })

  it('does not start with a loose object anywhere in its input', () => {
    const input = z.strictObject({ filter: z.object({ id: z.string() }) })
    const loose = { ...readNote, input } as unknown as typeof readNote
    expect(() => contractOf({ name: 'notes', tools: [loose], resources: [] })).toThrow(/read_note.*strict/)
  })

  it('does not start with what JSON Schema cannot say', () => {
    const dated = { ...readNote, output: z.strictObject({ at: z.date() }) } as unknown as typeof readNote
    expect(() => contractOf({ name: 'notes', tools: [dated], resources: [] })).toThrow()
  })
})

describe('defineResource', () => {
  const template = resourcesFor<Ports>()({
    name: 'template',
    version: '1.0.0',
    title: 'Template',
    description: 'A template.',
    uri: 'template://{project}/{id}',
    scope: 'notes:read',
    output: z.strictObject({ note: z.string() }),
    handler: async ({ project, id }, { ports }) => ({ note: ports.notes.read(`${project}/${id}`) }),
  })

  it('reads the variables of its own URIs', () => {
    expect(template.match('template://OPS/bug-1')).toEqual({ project: 'OPS', id: 'bug-1' })
  })

  it.each([
    'template://OPS',
    'template://OPS/a/b',
    'template://OPS/a?x=1',
    'template://OPS/a%2Fb',
    'template://OPS/../secret',
    'template://OPS/..',
    'template://OPS/',
    'template:///a',
    'TEMPLATE://OPS/a',
    'xtemplate://OPS/a',
    `template://OPS/${'a'.repeat(65)}`,
    'template://OPS/a\n',
    'template://OPS/a#b',
    'template://ÖPS/a',
  ])('does not take %j', (uri) => {
    expect(template.match(uri)).toBeUndefined()
  })
})
