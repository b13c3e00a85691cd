import { readFileSync } from 'node:fs'
import { type Role, type Roles, rolesSection } from '@postern/policy'
import { storeSection } from '@postern/store'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { server } from '../src/server.ts'

const environments = ['development', 'staging', 'production'] as const
type Name = (typeof environments)[number]

const text = (name: Name) => readFileSync(`${import.meta.dirname}/../environments/${name}.yaml`, 'utf8')
const file = (name: Name) => parse(text(name)) as Record<string, unknown>
const schema = rolesSection({
  tools: server.tools.map((tool) => tool.name),
  resources: server.resources.map((resource) => resource.name),
  attributes: server.attributes,
  maskable: ['reporter_email'],
})
const rolesOf = (name: Name): Roles => schema.parse(file(name)['roles']) as Roles

describe.each(environments)('%s.yaml', (name) => {
  it('names itself, and its sections parse', () => {
    expect(file(name)['environment']).toBe(name)
    expect(Object.keys(rolesOf(name)).length).toBeGreaterThan(1)
    server.backend.section.parse(file(name)['backend'])
    storeSection.parse(file(name)['store'])
  })

  it('lets no role search by a masked field or write over all rows', () => {
    for (const role of Object.values(rolesOf(name))) if (role.rows === 'all') expect(role.read_only).toBe(true)
  })
})

describe('the environments together', () => {
  it('share no credential, issuer or audience', () => {
    const secrets = (name: Name) => {
      const own = { ...file(name), identity: { ...(file(name)['identity'] as object), other_environments: [] } }
      return new Set(JSON.stringify(own).match(/(file|env):[^"]+|https:\/\/(?!tickets[^"]*browse)[^"]+/g))
    }
    const [development, staging, production] = environments.map(secrets)
    for (const secret of production ?? []) {
      expect(staging?.has(secret), secret).toBe(false)
      expect(development?.has(secret), secret).toBe(false)
    }
    expect(production?.size).toBeGreaterThan(3)
  })

  it('name each other, so that a token of the wrong one can be called that', () => {
    const other = (name: Name) =>
      (file(name)['identity'] as { other_environments: { name: string; issuer: string }[] }).other_environments
    const issuer = (name: Name) => (file(name)['identity'] as { issuers: { issuer: string }[] }).issuers[0]?.issuer
    expect(other('production')).toEqual([expect.objectContaining({ name: 'staging', issuer: issuer('staging') })])
    expect(other('staging')).toEqual([expect.objectContaining({ name: 'production', issuer: issuer('production') })])
  })

  it('keep sample data and local principals out of all but development', () => {
    for (const name of ['staging', 'production'] as const) {
      expect(text(name)).not.toMatch(/sample|local:|sqlite/)
      expect(file(name)['store']).toMatchObject({ kind: 'postgres' })
    }
  })

  it('grant in production nothing that staging does not', () => {
    const staging = rolesOf('staging')
    for (const [name, role] of Object.entries(rolesOf('production'))) {
      const wider = staging[name]
      expect(wider, name).toBeDefined()
      if (wider) expect(widerThan(wider, role), name).toEqual([])
    }
  })
})

/** What `role` grants beyond `wider`. */
function widerThan(wider: Role, role: Role): string[] {
  const extra = (a: 'all' | readonly string[], b: 'all' | readonly string[]) =>
    a === 'all' ? [] : b === 'all' ? ['all'] : b.filter((name) => !a.includes(name))
  return [
    ...extra(wider.tools, role.tools),
    ...extra(wider.resources, role.resources),
    ...extra(wider.purposes, role.purposes),
    ...wider.mask.filter((field) => !role.mask.includes(field)),
    ...(JSON.stringify(wider.rows) === JSON.stringify(role.rows) || wider.rows === 'all' ? [] : ['rows']),
    ...(wider.read_only && !role.read_only ? ['writes'] : []),
    ...Object.entries(wider.limits).flatMap(([tool, rate]) =>
      perMinute(role.limits[tool]) <= perMinute(rate) ? [] : [`rate of ${tool}`],
    ),
  ]
}

function perMinute(rate: string | undefined): number {
  const [, calls, unit] = /^(\d+)\/(s|min|h|day)$/.exec(rate ?? '') ?? []
  return unit === undefined
    ? Number.POSITIVE_INFINITY
    : Number(calls) * { s: 60, min: 1, h: 1 / 60, day: 1 / 1440 }[unit as 's']
}
