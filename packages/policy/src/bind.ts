import { ToolError } from '@postern/errors'
import { type Effect, type Notes, type Principal, principalId } from '@postern/tool'
import type { Grant } from './decide.ts'
import type { Handles } from './handle.ts'
import type { Bound, BoundPorts, Change, Create, Get, List, Page, PortSpec, Shown, ShownPage } from './port.ts'
import { type Attributes, type Conjunction, inScope, type RowScope, rowsOf } from './rows.ts'

/** A page is refilled from at most this many backend pages; a short page with a cursor is legal. */
const backendPagesMax = 5
/** Ids that one audit record names; more than any page holds. */
const targetsMax = 200

export interface Scope {
  readonly principal: Principal
  /** The roles that grant the target of this call. */
  readonly grants: readonly Grant[]
  readonly handles: Handles
  readonly notes: Notes
}

/**
 * The one choke point between tools and data: every port method, put under the rows and masks of one caller.
 *
 * What a handler gets from here is all it can reach, so no tool can forget a check.
 */
export function bind<Ports extends object>(
  specs: { readonly [P in keyof Ports]: PortSpec<Ports[P], never> },
  ports: Ports,
  scope: Scope,
): BoundPorts<Ports> {
  const names = Object.keys(specs) as (keyof Ports & string)[]
  return Object.fromEntries(
    names.map((name) => [name, bindPort(name, specs[name], ports[name], scope)]),
  ) as BoundPorts<Ports>
}

/** What one grant covers for one caller on one port. */
export interface Cover {
  readonly rows: Conjunction
  readonly mask: readonly string[]
}

/** `own`: the port's records belong to whoever made them. */
export function coversOf(grants: readonly Grant[], principal: Principal, own: boolean): readonly Cover[] {
  const owner = own ? { owner: [principalId(principal)] } : {}
  return grants.flatMap((grant) => {
    const rows = rowsOf(grant.rows, principal)
    return rows ? [{ rows: { ...rows, ...owner }, mask: grant.mask }] : []
  })
}

/** The fields of a record that no grant covering it shows. */
export function maskedFields(attributes: Attributes, maskable: readonly string[], covers: readonly Cover[]): string[] {
  const covering = covers.filter((cover) => inScope(attributes, [cover.rows]))
  return maskable.filter((field) => covering.every((cover) => cover.mask.includes(field)))
}

// The port's item type is erased inside: the spec and the port it belongs to were checked together by `definePort`.
type Item = Record<string, unknown>
interface Spec {
  readonly id: (item: Item) => string
  readonly attributes: (item: Item) => Attributes
  readonly own?: boolean
  readonly maskable: readonly string[]
  readonly noun: string
  readonly methods: Readonly<Record<string, MethodSpec>>
}
type MethodSpec =
  | { readonly kind: 'get' }
  | { readonly kind: 'list'; readonly uses: (query: unknown) => readonly string[] }
  | { readonly kind: 'create'; readonly attributes: (input: unknown) => Attributes }
  | { readonly kind: 'change'; readonly attributes: (current: Item, input: unknown) => Attributes }

function bindPort<Port>(name: string, spec: PortSpec<Port, never>, port: Port, scope: Scope): Bound<Port> {
  const bound = new BoundPort(name, spec as unknown as Spec, port as Record<string, unknown>, scope)
  return Object.fromEntries(
    Object.keys(spec.methods).map((method) => [method, bound.method(method)]),
  ) as unknown as Bound<Port>
}

class BoundPort {
  readonly #name: string
  readonly #spec: Spec
  readonly #port: Record<string, unknown>
  readonly #scope: Scope
  readonly #covers: readonly Cover[]

  constructor(name: string, spec: Spec, port: Record<string, unknown>, scope: Scope) {
    this.#name = name
    this.#spec = spec
    this.#port = port
    this.#scope = scope
    this.#covers = coversOf(scope.grants, scope.principal, spec.own ?? false)
  }

  method(name: string): unknown {
    const spec = this.#spec.methods[name]
    if (spec === undefined) throw new Error(`${this.#name} has no method ${name}`)
    switch (spec.kind) {
      case 'get':
        return (id: string, call: { signal: AbortSignal }) => this.#get(name, id, call.signal)
      case 'list':
        return (query: unknown, page: { limit: number; cursor?: string }, call: { signal: AbortSignal }) =>
          this.#list(name, spec.uses(query), query, page, call.signal)
      case 'create':
        return (input: unknown, call: { signal: AbortSignal; effect: Effect }) =>
          this.#create(name, spec.attributes(input), input, call)
      case 'change':
        return (id: string, input: unknown, call: { signal: AbortSignal; effect: Effect }) =>
          this.#change(name, spec.attributes, id, input, call)
    }
  }

  async #get(method: string, id: string, signal: AbortSignal): Promise<Shown<Item>> {
    const item = await this.#load(method, id, signal)
    this.#note([id])
    return this.#show(item)
  }

  /** Absent, hidden and of another tenant are one answer: whether a record exists is itself a secret. */
  async #load(method: string, id: string, signal: AbortSignal): Promise<Item> {
    const get = this.#port[method] as Get<Item>
    const item = await get(id, this.#context(signal))
    if (item === undefined || !inScope(this.#spec.attributes(item), this.#rows()))
      throw new ToolError('NOT_FOUND', 'absent', `There is no such ${this.#spec.noun}, or you may not see it.`)
    return item
  }

  async #list(
    method: string,
    uses: readonly string[],
    query: unknown,
    page: { limit: number; cursor?: string },
    signal: AbortSignal,
  ): Promise<ShownPage<Item>> {
    const covers = this.#searchable(uses)
    const rows = covers.map((cover) => cover.rows)
    const subject = { server: this.#name, method, query }
    let after =
      page.cursor === undefined ? undefined : this.#scope.handles.open(page.cursor, this.#scope.principal, subject)
    const items: Item[] = []
    let last: Page<Item> | undefined
    for (let pages = 0; rows.length > 0 && pages < backendPagesMax && items.length < page.limit; pages++) {
      const request = { limit: page.limit - items.length, rows, ...(after !== undefined && { after }) }
      last = await (this.#port[method] as List<unknown, Item>)(query, request, this.#context(signal))
      // Every record is checked, however the backend understood `rows`. One that sends more than asked is cut, since
      // a cursor could not point behind the surplus.
      for (const item of last.items.slice(0, request.limit))
        if (inScope(this.#spec.attributes(item), rows)) items.push(item)
      after = last.next
      if (after === undefined) break
    }
    return this.#page(items, last, after, subject)
  }

  #page(
    items: readonly Item[],
    last: Page<Item> | undefined,
    after: string | undefined,
    subject: unknown,
  ): ShownPage<Item> {
    const shown = items.map((item) => this.#show(item))
    this.#note(items.map((item) => this.#spec.id(item)))
    return {
      items: shown.map((one) => one.item),
      masked: [...new Set(shown.flatMap((one) => one.masked))],
      ...(after !== undefined && { nextCursor: this.#scope.handles.seal(after, this.#scope.principal, subject) }),
      // No rows at all is an exact answer too.
      count: last === undefined ? 0 : last.scoped ? (last.total ?? null) : null,
    }
  }

  async #create(method: string, attributes: Attributes, input: unknown, call: { signal: AbortSignal; effect: Effect }) {
    this.#mayHold(attributes)
    const create = this.#port[method] as Create<unknown, Item>
    return this.#written(await create(input, { ...this.#context(call.signal), effect: this.#effect(method, call) }))
  }

  async #change(
    method: string,
    attributes: (current: Item, input: unknown) => Attributes,
    id: string,
    input: unknown,
    call: { signal: AbortSignal; effect: Effect },
  ) {
    const current = await this.#load(this.#getter(), id, call.signal)
    this.#mayHold(attributes(current, input))
    const change = this.#port[method] as Change<unknown, Item>
    const context = { ...this.#context(call.signal), effect: this.#effect(method, call) }
    return this.#written(await change(id, input, { ...context, current }))
  }

  /** Says which method sends: the backend declares by it how an unclear end is settled. */
  #effect(method: string, { effect }: { effect: Effect }): Effect {
    return {
      key: effect.key,
      send: (run, options) => effect.send(run, { ...options, method: `${this.#name}.${method}` }),
      commit: (run) => effect.commit(run),
      also: (step) => effect.also(step),
    }
  }

  #written(item: Item): Shown<Item> {
    this.#note([this.#spec.id(item)])
    this.#scope.notes.record = { port: this.#name, attributes: this.#spec.attributes(item) }
    return this.#show(item)
  }

  /** "Who read customer X" must be answerable for lists too, so every record that is shown is named. */
  #note(ids: readonly string[]): void {
    const { notes } = this.#scope
    notes.rows = (notes.rows ?? 0) + ids.length
    notes.targets = [...new Set([...(notes.targets ?? []), ...ids])].slice(0, targetsMax)
  }

  /** A record the caller could not see afterwards may not be made: checked before any effect. */
  #mayHold(attributes: Attributes): void {
    const { principal } = this.#scope
    // `owner` may also be an ordinary row attribute, such as the account manager of a customer.
    const owner = this.#spec.own ? { owner: principalId(principal) } : {}
    const whole = { ...attributes, tenant: principal.tenant, ...owner }
    if (inScope(whole, this.#rows())) return
    throw new ToolError('PERMISSION_DENIED', 'rows', `You may not write a ${this.#spec.noun} there.`, {
      nextStep: 'Do not retry. Call list_scopes to see the rows you may use, and choose one of them.',
    })
  }

  /** The grants under which the caller sees all the fields a query uses; searching by a hidden field would reveal it. */
  #searchable(uses: readonly string[]): readonly Cover[] {
    const open = this.#covers.filter((cover) => !uses.some((field) => cover.mask.includes(field)))
    if (open.length > 0 || this.#covers.length === 0) return open
    const fields = uses.filter((field) => this.#covers.some((cover) => cover.mask.includes(field)))
    throw new ToolError('PERMISSION_DENIED', 'masked_field', `You may not search by ${fields.join(', ')}.`, {
      details: { fields },
    })
  }

  #show(item: Item): Shown<Item> {
    const masked = maskedFields(this.#spec.attributes(item), this.#spec.maskable, this.#covers)
    if (masked.length === 0) return { item, masked }
    this.#scope.notes.masked = [...new Set([...(this.#scope.notes.masked ?? []), ...masked])]
    const shown = { ...item }
    for (const field of masked) delete shown[field]
    return { item: shown, masked }
  }

  #rows(): RowScope {
    return this.#covers.map((cover) => cover.rows)
  }

  #context(signal: AbortSignal) {
    const { tenant } = this.#scope.principal
    return { tenant, subject: principalId(this.#scope.principal), signal }
  }

  #getter(): string {
    const getter = Object.entries(this.#spec.methods).find(([, spec]) => spec.kind === 'get')
    if (getter === undefined) throw new Error(`${this.#name} has a change but no get to load its target by`)
    return getter[0]
  }
}
