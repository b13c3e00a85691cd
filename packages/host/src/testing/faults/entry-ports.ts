import { type Change, type Create, definePort, type Get } from '@postern/policy'

export interface Entry {
  readonly id: string
  readonly tenant: string
  readonly project: string
  readonly marker: string
}
interface NewEntry {
  readonly marker: string
}

/** One write for every way in which an unclear end can be settled. */
export interface Entries {
  readonly get: Get<Entry>
  /** In the server's own store. */
  readonly keep: Create<NewEntry, Entry>
  /** The vendor knows our key. */
  readonly post: Create<NewEntry, Entry>
  /** We choose the id. */
  readonly put: Create<NewEntry, Entry>
  /** Found by a label; where it is not found, nobody can tell. */
  readonly file: Create<NewEntry, Entry>
  /** Found by a label; where it is not found, it is sent again. */
  readonly refile: Create<NewEntry, Entry>
  /** Nothing to find it by. */
  readonly send: Create<NewEntry, Entry>
  /** A change of an entry that was there, with a key that the vendor knows. */
  readonly cancel: Change<NewEntry, Entry>
}
export interface EntryPorts {
  readonly entries: Entries
}

const create = { kind: 'create', attributes: () => ({ project: 'OPS' }) } as const

export const entryPorts = {
  entries: definePort<Entries, Entry>({
    noun: 'entry',
    id: ({ id }) => id,
    attributes: ({ tenant, project }) => ({ tenant, project }),
    maskable: [],
    methods: {
      get: { kind: 'get' },
      keep: create,
      post: create,
      put: create,
      file: create,
      refile: create,
      send: create,
      cancel: { kind: 'change', attributes: ({ project }) => ({ project }) },
    },
  }),
}
