import { type BoundPorts, listScopes, whoami } from '@postern/policy'
import { toolsFor } from '@postern/tool'
import { z } from 'zod'
import { defineServer } from '../../server-definition.ts'
import { entriesBackend } from './entries-backend.ts'
import { type Entries, type EntryPorts, entryPorts } from './entry-ports.ts'

const defineTool = toolsFor<BoundPorts<EntryPorts>>()
const marker = z.string().min(1).max(100)
const output = z.strictObject({ entry: z.strictObject({ entry_id: z.string(), marker }) })

const create = (method: Exclude<keyof Entries, 'get' | 'cancel'>) =>
  defineTool({
    name: `${method}_entry`,
    version: '1.0.0',
    title: `${method} entry`,
    description: 'Makes an entry.',
    effect: 'write',
    scope: 'entries:write',
    input: z.strictObject({ marker }),
    output,
    async handler(input, { ports, signal, effect }) {
      const { item } = await ports.entries[method](input, { signal, effect })
      return { entry: { entry_id: item.id, marker: item.marker } }
    },
  })

const cancelEntry = defineTool({
  name: 'cancel_entry',
  version: '1.0.0',
  title: 'Cancel entry',
  description: 'Cancels an entry.',
  effect: 'destructive',
  scope: 'entries:write',
  input: z.strictObject({ entry_id: z.string().max(100), marker }),
  output,
  async handler({ entry_id, marker }, { ports, signal, effect }) {
    const { item } = await ports.entries.cancel(entry_id, { marker }, { signal, effect })
    return { entry: { entry_id: item.id, marker: item.marker } }
  },
})

/** A server whose writes can be settled in every way there is: for tests that crash it. */
export const entriesServer = defineServer({
  name: 'entries',
  version: '0.0.0',
  title: 'Entries',
  owners: ['@postern/platform'],
  dataClasses: [],
  purpose: 'Tests what becomes of writes when something dies.',
  successMetric: 'Every write happens once.',
  instructions: 'For tests.',
  listen: { port: 0, opsPort: 0 },
  attributes: ['project'],
  tools: [
    whoami,
    listScopes,
    create('keep'),
    create('post'),
    create('put'),
    create('file'),
    create('refile'),
    create('send'),
    cancelEntry,
  ],
  resources: [],
  ports: entryPorts,
  backend: entriesBackend,
})
