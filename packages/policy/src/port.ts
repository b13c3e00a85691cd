import type { Effect, Handling, WriteHandling } from '@postern/tool'
import type { Attributes, RowScope } from './rows.ts'

/**
 * A domain port is the interface a backend implements. Its methods are of four kinds and no others, so that one
 * wrapper (`bind`) can put every one of them under the caller's rows and masks.
 */
export interface ReadContext {
  readonly tenant: string
  readonly subject: string
  readonly signal: AbortSignal
}
export interface WriteContext extends ReadContext {
  readonly effect: Effect
}

/** One record by its id, or undefined. */
export interface Get<Item> {
  (id: string, context: ReadContext): Promise<Item | undefined>
  readonly kind?: 'get'
}
/** A page of records that match a query. */
export interface List<Query, Item> {
  (query: Query, page: PageRequest, context: ReadContext): Promise<Page<Item>>
  readonly kind?: 'list'
}
/** A new record. */
export interface Create<Input, Item> {
  (input: Input, context: WriteContext): Promise<Item>
  readonly kind?: 'create'
}
/** A change of the record `current`, which was read under the caller's scope just before. */
export interface Change<Input, Item> {
  (id: string, input: Input, context: WriteContext & { readonly current: Item }): Promise<Item>
  readonly kind?: 'change'
}

export interface PageRequest {
  /** At most this many records. */
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string
  /** Push down what the backend can; every record is checked again all the same. */
  readonly rows: RowScope
}
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page starts; absent on the last. */
  readonly next?: string
  /** True when `rows` was pushed down completely. Only then may `total` be told. */
  readonly scoped: boolean
  readonly total?: number
}

/** How the choke point reads the records and inputs of a port. */
export interface PortSpec<Port, Item> {
  /** What a record is known by, for the audit. */
  readonly id: (item: Item) => string
  /** The row attributes of a record, `tenant` included; and `owner` (see `principalId`) where `own` is set. */
  readonly attributes: (item: Item) => Attributes
  /** Records belong to the caller who made them and to nobody else, whatever the roles say. */
  readonly own?: boolean
  /** Which of the fields of a record may be masked. */
  readonly maskable: readonly (keyof Item & string)[]
  /** The noun in "There is no such …". */
  readonly noun: string
  readonly methods: { readonly [M in keyof Port]: MethodSpec<Port[M], Item> }
}

type MethodSpec<Method, Item> =
  Method extends Get<infer _>
    ? { readonly kind: 'get' }
    : Method extends List<infer Query, infer _>
      ? {
          readonly kind: 'list'
          /** The fields this query filters, sorts or searches by: none of them may be masked for the caller. */
          readonly uses: (query: Query) => readonly string[]
        }
      : Method extends Create<infer Input, infer _>
        ? {
            readonly kind: 'create' /** Of the record to be; without `tenant`, and without `owner` where `own` is set. */
            readonly attributes: (input: Input) => Attributes
          }
        : Method extends Change<infer Input, infer _>
          ? {
              readonly kind: 'change'
              /** The attributes after the change; without `tenant`, and without `owner` where `own` is set. */
              readonly attributes: (current: Item, input: Input) => Attributes
            }
          : never

/** Declares how a port is put under scope. A port whose methods are of another kind does not compile. */
export function definePort<Port, Item>(spec: PortSpec<Port, Item>): PortSpec<Port, Item> {
  return spec
}

/** What a bound port returns: the record without the fields masked for this caller, and their names. */
export interface Shown<Item> {
  readonly item: Item
  readonly masked: readonly string[]
}
export interface ShownPage<Item> {
  readonly items: readonly Item[]
  /** Fields masked in at least one of the items. */
  readonly masked: readonly string[]
  readonly nextCursor?: string
  /** How many records match in all; null where the backend cannot count under the caller's scope. */
  readonly count: number | null
}

type ReadCall = Pick<Handling<unknown>, 'signal'>
type WriteCall = Pick<WriteHandling<unknown>, 'signal' | 'effect'>

/** A port as handlers see it: bound to the caller, so that no tool can reach past the caller's rows and fields. */
export type Bound<Port> = {
  readonly [M in keyof Port]: Port[M] extends Get<infer Item>
    ? /** @throws ToolError NOT_FOUND, for absent and hidden alike */ (
        id: string,
        call: ReadCall,
      ) => Promise<Shown<Item>>
    : Port[M] extends List<infer Query, infer Item>
      ? (query: Query, page: { limit: number; cursor?: string | undefined }, call: ReadCall) => Promise<ShownPage<Item>>
      : Port[M] extends Create<infer Input, infer Item>
        ? (input: Input, call: WriteCall) => Promise<Shown<Item>>
        : Port[M] extends Change<infer Input, infer Item>
          ? (id: string, input: Input, call: WriteCall) => Promise<Shown<Item>>
          : never
}

export type BoundPorts<Ports> = { readonly [P in keyof Ports]: Bound<Ports[P]> }
