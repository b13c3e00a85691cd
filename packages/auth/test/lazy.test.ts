import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** Prints every module a stdio server with a local principal loads from this package on. */
const script = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
const { identitySection, createVerifier, stdioIdentity } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
const section = identitySection.parse({
  audience: 'https://tickets.example.com/mcp',
  issuers: [{ issuer: 'https://id.example.com/', jwks: 'https://id.example.com/jwks' }],
  local: { default: 'ada', principals: { ada: { tenant: 'acme', roles: [] } } },
})
const verifier = createVerifier(section, { environment: 'development' })
const who = stdioIdentity({ env: {}, environment: 'development', local: section.local, scopes: [], verifier: () => verifier })
await who()
process.stdout.write(JSON.stringify(loaded))
`

it('a start with a local principal loads neither jose nor an HTTP client', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  const loaded = JSON.parse(stdout) as string[]
  expect(loaded.some((url) => url.endsWith('/auth/src/verifier.ts'))).toBe(true)
  expect(loaded.filter((url) => /\/jose\/|undici|node:https?$/.test(url))).toEqual([])
})
