import { readFileSync } from 'node:fs'
import { collectReferences } from '@postern/credentials'
import { parseRate, type Rate } from '@postern/limits'
import { excess, matrix, type Role } from '@postern/policy'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Environment, loadEnvironment } from '../environment/load-environment.ts'
import type { ServerDefinition } from '../server-definition.ts'

const names = ['development', 'staging', 'production'] as const
type Name = (typeof names)[number]

/**
 * What has to hold of the three environment files of a server: each is valid, they share nothing secret, and production
 * grants nothing that staging does not.
 *
 * @param directory where `development.yaml`, `staging.yaml` and `production.yaml` stand
 */
export function environmentsSuite<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
  directory: string,
): void {
  const definition = server as unknown as ServerDefinition
  const path = (name: Name) => `${directory}/${name}.yaml`
  let files: Record<Name, Environment>

  describe(`the environments of ${server.name}`, () => {
    beforeAll(async () => {
      const load = (name: Name) => loadEnvironment(path(name), definition)
      files = {
        development: await load('development'),
        staging: await load('staging'),
        production: await load('production'),
      }
    })

    it.each(names)('%s names itself', (name) => {
      expect(files[name].environment).toBe(name)
    })

    it.each(names)('%s lets no role write over all rows, and names only roles that exist as approvers', (name) => {
      const { roles, approvals } = files[name]
      for (const [role, { rows, read_only }] of Object.entries(roles))
        if (rows === 'all') expect(read_only, role).toBe(true)
      for (const [tool, rule] of Object.entries(approvals))
        for (const role of rule.by) expect(Object.keys(roles), `approver of ${tool}`).toContain(role)
    })

    it('share no credential, issuer or audience', () => {
      const own = new Map(names.map((name) => [name, ownedBy(files[name])]))
      for (const [name, mine] of own)
        for (const [other, theirs] of own)
          if (other !== name)
            expect(
              mine.filter((one) => theirs.includes(one)),
              `${name} and ${other}`,
            ).toEqual([])
      for (const name of ['staging', 'production'] as const) expect(own.get(name)?.length, name).toBeGreaterThan(2)
    })

    it('name each other, so that a token of the wrong one can be called that', () => {
      for (const [name, other] of [
        ['staging', 'production'],
        ['production', 'staging'],
      ] as const)
        expect(files[name].identity.other_environments, name).toContainEqual(
          expect.objectContaining({ name: other, issuer: files[other].identity.issuers[0]?.issuer }),
        )
    })

    it('keep sample data, local principals and embedded stores out of all but development', () => {
      for (const name of ['staging', 'production'] as const) {
        expect(files[name].identity.local, name).toBeUndefined()
        expect(files[name].store, name).toMatchObject({ kind: 'postgres' })
        expect(readFileSync(path(name), 'utf8'), name).not.toMatch(/^[^#]*\bsample: true/m)
      }
    })

    it('grant in production nothing that staging does not', () => {
      const targets = [...definition.tools, ...definition.resources]
      const cells = ({ roles, read_only, policyVersion }: Environment) =>
        matrix({ roles, readOnly: read_only, version: policyVersion }, targets)
      expect(excess(cells(files.production), cells(files.staging))).toEqual([])
      expect(cells(files.production).some(({ allowed, effect }) => allowed && effect !== 'read')).toBe(true)
    })

    it('allow in production no more calls than in staging', () => {
      const { staging, production } = files
      expect(perHour(production.limits.principal)).toBeLessThanOrEqual(perHour(staging.limits.principal))
      for (const [name, role] of Object.entries(production.roles))
        for (const [tool, rate] of Object.entries(staging.roles[name]?.limits ?? {}))
          if (mayUse(role, tool))
            expect(rateOf(role, tool), `${name} ${tool}`).toBeLessThanOrEqual(perHour(parseRate(rate)))
    })

    it('ask a person in production wherever staging does', () => {
      const { staging, production } = files
      for (const [tool, { when, self, services, by }] of Object.entries(staging.approvals)) {
        const rule = production.approvals[tool]
        expect(rule, `approval of ${tool}`).toBeDefined()
        if (rule === undefined) continue
        // Without conditions it asks always.
        expect([undefined, when], `when of ${tool}`).toContainEqual(rule.when)
        expect(by, `approvers of ${tool}`).toEqual(expect.arrayContaining([...rule.by]))
        expect(Number(rule.self), `self of ${tool}`).toBeLessThanOrEqual(Number(self))
        expect(Number(rule.services), `services of ${tool}`).toBeLessThanOrEqual(Number(services))
      }
    })
  })
}

/** What only one environment may know or be. */
function ownedBy({ identity, ...rest }: Environment): string[] {
  const { other_environments: _, ...own } = identity
  return [
    ...Object.values(collectReferences({ ...rest, identity: own })).flatMap((reference) =>
      typeof reference === 'string' ? [reference] : [reference.current, ...(reference.next ? [reference.next] : [])],
    ),
    ...own.issuers.flatMap(({ issuer, jwks }) => (jwks === undefined ? [issuer] : [issuer, jwks])),
    ...(own.audience === undefined ? [] : [own.audience]),
  ]
}

/** Without a limit of its own a tool may be called as often as the caller may call at all. */
function rateOf({ limits }: Role, tool: string): number {
  const rate = limits[tool]
  return rate === undefined ? Number.POSITIVE_INFINITY : perHour(parseRate(rate))
}

const perHour = ({ calls, perMs }: Rate): number => (calls * 3_600_000) / perMs

function mayUse({ tools, read_only }: Role, tool: string): boolean {
  return !read_only && (tools === 'all' || tools.includes(tool))
}
