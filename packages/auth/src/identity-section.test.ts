import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { identityProblems, identitySection } from './identity-section.ts'

const issuer = { issuer: 'https://id.example.com/', jwks: 'https://id.example.com/jwks' }
const good = {
  audience: 'https://tickets.example.com/mcp',
  issuers: [issuer],
  claims: { tenant: 'org', roles: 'groups', purpose: 'purpose', attributes: ['projects'] },
  other_environments: [{ name: 'staging', issuer: 'https://id.staging.example.com/' }],
}
const messages = (section: unknown) => {
  const { error } = identitySection.safeParse(section)
  return (error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

describe('identitySection', () => {
  it('takes the example of the architecture and fills in the rest', () => {
    expect(identitySection.parse(good)).toMatchObject({
      issuers: [{ algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'], typ: 'at+jwt' }],
      clock_skew_s: 5,
    })
  })

  it.each<[string, unknown, RegExp]>([
    ['an unknown key', { ...good, audiences: [] }, /Unrecognized key: "audiences"/],
    [
      'a symmetric algorithm',
      { ...good, issuers: [{ ...issuer, algorithms: ['HS256'] }] },
      /^issuers\.0\.algorithms\.0/,
    ],
    ['alg none', { ...good, issuers: [{ ...issuer, algorithms: ['none'] }] }, /^issuers\.0\.algorithms\.0/],
    ['no algorithm', { ...good, issuers: [{ ...issuer, algorithms: [] }] }, /^issuers\.0\.algorithms/],
    [
      'keys over plain http',
      { ...good, issuers: [{ ...issuer, jwks: 'http://id.example.com/jwks' }] },
      /jwks: an https URL/,
    ],
    ['keys from a file', { ...good, issuers: [{ ...issuer, jwks: 'file:///etc/jwks' }] }, /jwks: an https URL/],
    [
      'a password in a URL',
      { ...good, issuers: [{ ...issuer, jwks: 'https://a:b@id.example.com/' }] },
      /jwks: an https URL/,
    ],
    [
      'an issuer without a way to verify',
      { ...good, issuers: [{ issuer: issuer.issuer }] },
      /either jwks or introspection/,
    ],
    ['an issuer twice', { ...good, issuers: [issuer, issuer] }, /issuers\.1\.issuer: a different issuer/],
    ['an audience that is no URL', { ...good, audience: 'tickets' }, /audience: the https URL of this server/],
    [
      'an audience that no client would send',
      { ...good, audience: 'https://Tickets.example.com:443/mcp' },
      /canonical form: https:\/\/tickets\.example\.com\/mcp/,
    ],
    ['an audience with a query', { ...good, audience: 'https://tickets.example.com/mcp?x=1' }, /canonical form/],
    [
      'tenant as an attribute',
      { ...good, claims: { attributes: ['tenant'] } },
      /claims\.attributes\.0: not subject or tenant/,
    ],
    [
      'subject as a local attribute',
      { local: { principals: { a: { tenant: 't', roles: [], attributes: { subject: ['x'] } } } } },
      /subject/,
    ],
    ['a default nobody has', { local: { default: 'eve', principals: {} } }, /local\.default: one of the principals/],
    ['read_only: yess', { local: { principals: { a: { tenant: 't', roles: [], read_only: 'yess' } } } }, /read_only/],
    ['a local principal without a tenant', { local: { principals: { a: { roles: [] } } } }, /tenant/],
    [
      'another environment nobody could recognise',
      { ...good, other_environments: [{ name: 'staging' }] },
      /by its issuer or its audience/,
    ],
    [
      'our own issuer as that of another',
      { ...good, other_environments: [{ name: 'staging', issuer: issuer.issuer }] },
      /add the audience/,
    ],
    [
      'our own audience as that of another',
      { ...good, other_environments: [{ name: 'staging', audience: good.audience }] },
      /not the audience of this server/,
    ],
    ['a relative revocation list', { ...good, revoked: 'revoked.txt' }, /revoked: an absolute path/],
    ['clocks that differ by hours', { ...good, clock_skew_s: 3600 }, /clock_skew_s/],
    [
      'a client secret in the file',
      {
        ...good,
        issuers: [
          { issuer: issuer.issuer, introspection: { url: issuer.jwks, client_id: 'x', client_secret: 'hunter2' } },
        ],
      },
      /a secret never stands in this file/,
    ],
  ])('refuses %s', (_case, section, message) => {
    const found = messages(section)
    expect(found.join('\n')).toMatch(message)
    expect(found.join('\n')).not.toContain('hunter2')
  })

  it('takes http for loopback hosts only', () => {
    for (const host of ['localhost:3000', '127.0.0.1:3000', '[::1]:3000'])
      expect(
        messages({
          ...good,
          audience: `http://${host}/mcp`,
          issuers: [{ issuer: `http://${host}`, jwks: `http://${host}/jwks` }],
        }),
      ).toEqual([])
    expect(messages({ ...good, audience: 'http://127.0.0.1.example.com/mcp' })).not.toEqual([])
  })

  it('can be shown to an editor as JSON Schema', () => {
    expect(z.toJSONSchema(identitySection, { io: 'input' })).toMatchObject({
      properties: { audience: { type: 'string' } },
    })
  })
})

describe('identityProblems', () => {
  it('has nothing to say about development, or about a complete section', () => {
    expect(identityProblems(identitySection.parse({}), 'development')).toEqual([])
    expect(identityProblems(identitySection.parse(good), 'production')).toEqual([])
  })

  it('names what every other environment must and must not have', () => {
    const section = identitySection.parse({ local: { principals: {} } })
    expect(identityProblems(section, 'staging')).toEqual([
      { path: ['local'], message: 'local principals are for development only, and this is staging' },
      { path: ['audience'], message: expect.stringMatching(/^audience is missing/) },
      { path: ['issuers'], message: expect.stringMatching(/^issuers is missing/) },
    ])
  })
})
