import type { Contract, ToolContract } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { drift } from './drift.ts'

const tool: ToolContract = {
  name: 'get_note',
  version: '1.2.3',
  title: 'Get note',
  description: 'Reads a note.',
  effect: 'read',
  scope: 'notes:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  inputSchema: {
    type: 'object',
    properties: { id: { type: 'string', maxLength: 20, description: 'Id.' } },
    required: ['id'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      note: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false },
    },
    required: ['note'],
    additionalProperties: false,
  },
}
const contract = (...tools: ToolContract[]): Contract => ({ server: 'notes', tools, resources: [] })
const changed = (change: (copy: Record<string, never> & ToolContract) => void): Contract => {
  const copy = structuredClone(tool)
  change(copy as never)
  return contract(copy)
}
type Loose = {
  inputSchema: { properties: Record<string, unknown>; required: string[] }
  outputSchema: { properties: { note: { properties: Record<string, unknown>; required: string[] } } }
}
const loose = (change: (copy: Loose) => void) => changed((copy) => change(copy as unknown as Loose))

describe('drift', () => {
  it('is none when nothing changed', () => {
    expect(drift(contract(tool), contract(structuredClone(tool)))).toEqual([])
  })

  it.each<[string, Contract, string]>([
    ['a word of the description', changed((copy) => Object.assign(copy, { description: 'Reads one note.' })), 'patch'],
    [
      'a word of a field',
      loose((copy) => Object.assign(copy.inputSchema.properties['id'] as object, { description: 'The id.' })),
      'patch',
    ],
    [
      'a new optional input',
      loose((copy) => Object.assign(copy.inputSchema.properties, { size: { type: 'string' } })),
      'minor',
    ],
    [
      'a new output',
      loose((copy) => Object.assign(copy.outputSchema.properties.note.properties, { text: { type: 'string' } })),
      'minor',
    ],
    [
      'a new required input',
      loose((copy) => {
        Object.assign(copy.inputSchema.properties, { size: { type: 'string' } })
        copy.inputSchema.required.push('size')
      }),
      'major',
    ],
    [
      'an input that is gone',
      loose((copy) => {
        copy.inputSchema.properties = {}
        copy.inputSchema.required = []
      }),
      'major',
    ],
    [
      'an input that takes less',
      loose((copy) => Object.assign(copy.inputSchema.properties['id'] as object, { maxLength: 10 })),
      'major',
    ],
    [
      'an output that is gone',
      loose((copy) => {
        copy.outputSchema.properties.note.properties = {}
      }),
      'major',
    ],
    [
      'an output that may be missing',
      loose((copy) => {
        copy.outputSchema.properties.note.required = []
      }),
      'major',
    ],
    ['another effect', changed((copy) => Object.assign(copy, { effect: 'write' })), 'major'],
    ['another scope', changed((copy) => Object.assign(copy, { scope: 'notes:admin' })), 'major'],
  ])('names %s, and the version it needs', (_case, now, needs) => {
    expect(drift(contract(tool), now)).toMatchObject([{ change: 'changed', needs, honest: false }])
    const raise = { patch: '1.2.4', minor: '1.3.0', major: '2.0.0' }[needs] as ToolContract['version']
    const honest = contract(...now.tools.map((item) => ({ ...item, version: raise })))
    expect(drift(contract(tool), honest)).toMatchObject([{ honest: true }])
  })

  it('calls a removed tool a breach, and a new one an addition', () => {
    expect(drift(contract(tool), contract())).toMatchObject([{ change: 'removed', needs: 'major', honest: false }])
    expect(drift(contract(), contract(tool))).toMatchObject([{ change: 'added', honest: true }])
  })
})
