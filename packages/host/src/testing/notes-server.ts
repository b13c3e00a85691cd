import { type BoundPorts, definePort, type Get, listScopes, whoami } from '@postern/policy'
import { toolsFor } from '@postern/tool'
import { z } from 'zod'
import { defineServer } from '../server-definition.ts'

interface Note {
  readonly id: string
  readonly tenant: string
  readonly project: string
  readonly text: string
}
interface NotePorts {
  readonly notes: { readonly get: Get<Note> }
}

/** The smallest server there is, for tests of the host. It knows one note, and can be told to misbehave by its id. */
export const notesServer = defineServer<{ kind: 'local' }, NotePorts>({
  name: 'notes',
  version: '0.0.0',
  title: 'Notes',
  owners: ['@postern/platform'],
  dataClasses: [],
  purpose: 'Tests the host.',
  successMetric: 'The tests pass.',
  instructions: 'For tests.',
  listen: { port: 0, opsPort: 0 },
  attributes: ['project'],
  tools: [
    whoami,
    listScopes,
    toolsFor<BoundPorts<NotePorts>>()({
      name: 'get_note',
      version: '1.0.0',
      title: 'Get note',
      description: 'Reads a note.',
      effect: 'read',
      scope: 'notes:read',
      input: z.strictObject({ id: z.string().max(20), size: z.enum(['small', 'large']).optional() }),
      output: z.strictObject({ note: z.strictObject({ id: z.string(), text: z.string().max(100) }) }),
      handler: async ({ id }, { ports, signal }) => {
        const { item } = await ports.notes.get(id, { signal })
        return { note: { id: item.id, text: item.text } }
      },
    }),
    toolsFor<BoundPorts<NotePorts>>()({
      name: 'write_note',
      version: '1.0.0',
      title: 'Write note',
      description: 'Writes nothing, once.',
      effect: 'write',
      scope: 'notes:write',
      input: z.strictObject({ text: z.string() }),
      output: z.strictObject({ note: z.strictObject({ text: z.string() }) }),
      handler: async ({ text }, { effect }) => ({ note: await effect.commit(async () => ({ text })) }),
    }),
  ],
  resources: [],
  ports: {
    notes: definePort<NotePorts['notes'], Note>({
      noun: 'note',
      id: ({ id }) => id,
      attributes: ({ tenant, project }) => ({ tenant, project }),
      maskable: [],
      methods: { get: { kind: 'get' } },
    }),
  },
  backend: {
    section: z.strictObject({ kind: z.literal('local') }),
    migrations: [],
    open: async () => ({
      recovery: {},
      ports: {
        notes: {
          async get(id) {
            if (id === 'boom') throw new Error('password=hunter2 at db.internal')
            // Longer than the output schema allows.
            if (id === 'drift') return { id, tenant: 'acme', project: 'OPS', text: 'x'.repeat(500) }
            return id === 'n1' ? { id, tenant: 'acme', project: 'OPS', text: 'A note.' } : undefined
          },
        },
      },
    }),
  },
})
