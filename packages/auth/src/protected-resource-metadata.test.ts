import { describe, expect, it } from 'vitest'
import { unauthorized } from './challenge.ts'
import {
  protectedResourceMetadata,
  protectedResourceMetadataPaths,
  protectedResourceMetadataUrl,
} from './protected-resource-metadata.ts'

describe('protected resource metadata (RFC 9728)', () => {
  it('name the resource as tokens do, its issuers and the scopes to start with', () => {
    expect(
      protectedResourceMetadata({
        resource: 'https://tickets.example.com/mcp',
        issuers: ['https://id.example.com/'],
        scopes: ['tickets:read', 'offline_access'],
      }),
    ).toEqual({
      resource: 'https://tickets.example.com/mcp',
      authorization_servers: ['https://id.example.com/'],
      scopes_supported: ['tickets:read'],
      bearer_methods_supported: ['header'],
    })
  })

  it.each([
    [
      'https://tickets.example.com/mcp',
      ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'],
    ],
    ['https://tickets.example.com/', ['/.well-known/oauth-protected-resource']],
  ])('of %s stand where clients look', (resource, paths) => {
    expect(protectedResourceMetadataPaths(resource)).toEqual(paths)
    expect(protectedResourceMetadataUrl(resource)).toBe(`https://tickets.example.com${paths[0]}`)
  })
})

describe('a challenge', () => {
  it('leaves out what it has nothing to say about, and cannot be broken out of', () => {
    expect(unauthorized('https://x.example/m', [])).toBe('Bearer resource_metadata="https://x.example/m"')
    for (const scope of ['a"b', 'a\\b', 'a\r\nb', 'é'])
      expect(() => unauthorized('https://x.example/m', [scope])).toThrow(TypeError)
  })
})
