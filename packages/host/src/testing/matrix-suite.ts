import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { purposesOf } from '@postern/policy'
import { contractOf, type Principal, type Target } from '@postern/tool'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerDefinition } from '../server-definition.ts'
import { type TestHost, testHost } from './index.ts'

/** The rows a caller may meet. Ids are by the name of the input field (or URI variable) that takes them. */
export interface MatrixRow {
  readonly ids: Readonly<Record<string, string>>
  /** Texts that stand in this row and nowhere else. */
  readonly canaries: readonly string[]
}

export interface MatrixFixture {
  readonly environmentFile: string
  /** What every probing principal brings along. */
  readonly tenant: string
  readonly attributes: Principal['attributes']
  /** Makes the rows, once the server runs; called before any probe. */
  rows(host: TestHost): Promise<{
    readonly inScope: MatrixRow
    readonly otherTenant: MatrixRow
    readonly otherProject: MatrixRow
    readonly absent: MatrixRow
  }>
  /** Inputs beside ids that a tool needs to get as far as the row; by tool name. */
  readonly inputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

type RowName = keyof Awaited<ReturnType<MatrixFixture['rows']>>
const foreign = ['otherTenant', 'otherProject'] as const satisfies readonly RowName[]

/**
 * Every role × purpose × tool and resource × row, generated from the registry, so that a new tool is covered without
 * writing a test: its input is filled in from its own schema, ids by the name of their field.
 *
 * Promises: what the policy does not grant is PERMISSION_DENIED whatever the row; a row of another tenant or project
 * shows none of its content and answers letter by letter like a row that does not exist.
 */
export function matrixSuite<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
  fixture: MatrixFixture,
): void {
  const definition = server as unknown as ServerDefinition
  const targets: readonly Target[] = [...definition.tools, ...definition.resources]

  describe(`role × purpose × target × row of ${server.name}`, () => {
    let host: TestHost
    let directory: string
    let rows: Awaited<ReturnType<MatrixFixture['rows']>>
    let probes = 0
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'postern-matrix-'))
      host = await testHost(server, { environmentFile: fixture.environmentFile, dataDirectory: directory })
      rows = await fixture.rows(host)
    })
    afterAll(async () => {
      await host.close()
      rmSync(directory, { recursive: true, force: true })
    })

    const probe = async (principal: Principal, target: Target, row: RowName): Promise<string> => {
      const input = inputFor(definition, target, rows[row].ids, fixture.inputs?.[target.name] ?? {}, ++probes)
      const answer =
        target.kind === 'tool'
          ? await host.call(target.name, input, { as: principal })
          : await host.read(uriFor(definition, target.name, rows[row].ids), { as: principal })
      // What the caller asked by may come back; it is the same for a row that does not exist.
      return Object.entries(rows[row].ids)
        .sort(([, a], [, b]) => b.length - a.length)
        .reduce((text, [name, id]) => text.replaceAll(id, `<${name}>`), JSON.stringify(answer))
        .replace(/"request_id":"[^"]*"/, '"request_id":""')
    }

    for (const target of targets)
      it(`${target.kind} ${target.name}`, async () => {
        const { roles } = host.runtime.environment
        for (const role of Object.keys(roles))
          for (const purpose of purposesOf(roles)) {
            const principal = principalOf(fixture, role, purpose, definition)
            const where = `${role} / ${purpose} / ${target.name}`
            const allowed = host.runtime.decide(principal, target).allowed
            const answers = {
              inScope: await probe(principal, target, 'inScope'),
              otherTenant: await probe(principal, target, 'otherTenant'),
              otherProject: await probe(principal, target, 'otherProject'),
              absent: await probe(principal, target, 'absent'),
            }
            if (!allowed) {
              for (const [row, answer] of Object.entries(answers))
                expect(answer, `${where} / ${row}`).toContain('"PERMISSION_DENIED"')
              continue
            }
            for (const row of foreign) {
              for (const canary of rows[row].canaries) expect(answers[row], `${where} / ${row}`).not.toContain(canary)
              expect(answers[row], `${where} / ${row} is told apart from absent`).toBe(answers.absent)
            }
          }
      })

    it('reaches the row in scope with every target for at least one role and purpose', async () => {
      const { roles } = host.runtime.environment
      for (const target of targets) {
        const answers = await Promise.all(
          Object.keys(roles).flatMap((role) =>
            purposesOf(roles).map((purpose) =>
              probe(principalOf(fixture, role, purpose, definition), target, 'inScope'),
            ),
          ),
        )
        expect(
          answers.some(reached),
          `${target.name}: ${answers.find((answer) => !answer.includes('PERMISSION_DENIED'))}`,
        ).toBe(true)
      }
    })
  })
}

/** A conflict comes from the row itself: an earlier probe has changed it. */
function reached(answer: string): boolean {
  return !answer.startsWith('{"status":"error"') || answer.includes('"code":"CONFLICT"')
}

function principalOf(fixture: MatrixFixture, role: string, purpose: string, server: ServerDefinition): Principal {
  return {
    issuer: 'urn:postern:matrix',
    subject: `${role}-${purpose}`,
    tenant: fixture.tenant,
    kind: 'user',
    credentialId: 'matrix',
    scopes: [...server.tools, ...server.resources].map((target) => target.scope),
    roles: [role],
    attributes: fixture.attributes,
    purposes: purpose === 'none' ? [] : [purpose],
    readOnly: false,
  }
}

interface FieldSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minLength?: number
  readonly minItems?: number
  readonly minimum?: number
  readonly items?: FieldSchema
}

/** An input that fits the schema of a tool and names one row. */
function inputFor(
  server: ServerDefinition,
  target: Target,
  ids: Readonly<Record<string, string>>,
  given: Readonly<Record<string, unknown>>,
  probe: number,
): Record<string, unknown> {
  const contract = contractOf(server).tools.find((tool) => tool.name === target.name)
  if (contract === undefined) return {}
  const { properties = {}, required = [] } = contract.inputSchema as {
    properties?: Record<string, FieldSchema>
    required?: string[]
  }
  const input: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(properties)) {
    if (name === 'idempotency_key') input[name] = `matrix-probe-${String(probe).padStart(8, '0')}`
    else if (Object.hasOwn(given, name)) input[name] = given[name]
    else if (Object.hasOwn(ids, name)) input[name] = ids[name]
    else if (required.includes(name)) {
      if (/_(id|key)$/.test(name))
        throw new Error(`${target.name}.${name} names a record: the fixture's rows need an id for it`)
      input[name] = valueFor(schema)
    }
  }
  return input
}

function valueFor(schema: FieldSchema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  switch (schema.type) {
    case 'string':
      return 'A plain and sufficiently long text. '.repeat(4).slice(0, Math.max(schema.minLength ?? 0, 60))
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return false
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => valueFor(schema.items ?? {}))
    default:
      return {}
  }
}

function uriFor(server: ServerDefinition, name: string, ids: Readonly<Record<string, string>>): string {
  const resource = server.resources.find((one) => one.name === name)
  if (resource === undefined) throw new Error(`there is no resource ${name}`)
  return resource.uri.replace(/\{(\w+)\}/g, (_, variable: string) => {
    const id = ids[variable] ?? ids[`${name}.${variable}`]
    if (id === undefined) throw new Error(`resource ${name} names ${variable}: the fixture's rows need an id for it`)
    return id
  })
}
