import { describe, expect, it } from 'vitest'
import { faultsIn } from './check-imports.mjs'

const rulesBroken = (file, text) => faultsIn(file, text).map(({ rule }) => rule)

describe('check-imports', () => {
  it.each([
    [
      'a package below imports one above',
      'packages/errors/src/a.ts',
      "import { x } from '@postern/tool'",
      'errors may import no other package',
    ],
    [
      'middleware imports middleware',
      'packages/limits/src/a.ts',
      "import type { x } from '@postern/audit'",
      'limits may import errors, tool, store',
    ],
    [
      'a relative path leaves the package',
      'packages/tool/src/a.ts',
      "export { x } from '../../store/src/x.ts'",
      'tool may import errors',
    ],
    [
      'a lazy import',
      'packages/store/src/a.ts',
      "const x = await import('@postern/host')",
      'store may import errors, tool',
    ],
    [
      'a package nobody listed',
      'packages/utils/src/a.ts',
      "import '@postern/errors'",
      'utils may import no other package',
    ],
    [
      'a package imports a server',
      'packages/cli/src/a.ts',
      "import '@postern/tickets-server'",
      'no package imports a server',
    ],
    [
      'a server imports another',
      'servers/tickets/src/a.ts',
      "import '../../warehouse/src/x.ts'",
      'no server imports another',
    ],
    [
      'a server imports the cli',
      'servers/tickets/src/a.ts',
      "import '@postern/cli'",
      /^tickets may import errors, .*host/,
    ],
    [
      'testing outside a test',
      'servers/tickets/src/a.ts',
      "import '@postern/testing'",
      'only tests import @postern/testing',
    ],
    [
      'testing in a test below it',
      'packages/tool/src/a.test.ts',
      "import '@postern/testing'",
      'only tests import @postern/testing',
    ],
    [
      'the MCP server SDK in a server',
      'servers/tickets/src/a.ts',
      "import '@modelcontextprotocol/server'",
      '@modelcontextprotocol/server belongs to host',
    ],
    [
      'an MCP client in the host',
      'packages/host/src/a.ts',
      "import '@modelcontextprotocol/client'",
      '@modelcontextprotocol/client belongs to cli, contract, testing',
    ],
    [
      'the server SDK by a subpath',
      'packages/cli/src/a.ts',
      "import '@modelcontextprotocol/node/x'",
      '@modelcontextprotocol/node/x belongs to host',
    ],
    ['a logger in a package', 'packages/audit/src/a.ts', "import pino from 'pino'", 'pino belongs to host'],
    [
      'an HTTP listener in a package',
      'packages/auth/src/a.ts',
      "import { createServer } from 'node:http'",
      'node:http belongs to host, testing',
    ],
    [
      'an HTTP client in a backend',
      'servers/tickets/src/a.ts',
      "import { request } from 'undici'",
      'undici belongs to upstream',
    ],
    [
      'a database driver outside the store',
      'packages/audit/src/a.ts',
      "import { DatabaseSync } from 'node:sqlite'",
      'node:sqlite belongs to store, testing',
    ],
    [
      'a query builder outside the store',
      'packages/audit/src/a.ts',
      "import { sql } from 'kysely'",
      'kysely belongs to store',
    ],
  ])('reports %s', (_case, file, text, rule) => {
    expect(rulesBroken(file, text)).toEqual([typeof rule === 'string' ? rule : expect.stringMatching(rule)])
  })

  it.each([
    ['the drawn direction', 'packages/host/src/a.ts', "import '@postern/audit'\nimport 'pino'\nimport 'node:http'"],
    ['files of its own', 'packages/tool/src/deep/a.ts', "import '../b.ts'"],
    ['itself by name', 'packages/tool/src/a.test.ts', "import '@postern/tool'"],
    ['testing in a test', 'servers/tickets/test/server.test.ts', "import '@postern/testing'"],
    ['a built-in listener in a test', 'packages/auth/src/a.test.ts', "import 'node:http'"],
    ['a comment', 'packages/errors/src/a.ts', "// import '@postern/tool'\n/* import('@postern/tool') */"],
    ['text', 'packages/errors/src/a.ts', 'const help = `import "@postern/tool"` + "from \'@postern/tool\'"'],
    [
      'a module whose name only starts like another',
      'packages/errors/src/a.ts',
      "import 'pgsql-ast-parser'\nimport 'pino-like'",
    ],
  ])('lets %s pass', (_case, file, text) => {
    expect(faultsIn(file, text)).toEqual([])
  })

  it('is not led astray by a regular expression that holds quotes', () => {
    expect(faultsIn('packages/errors/src/a.ts', "const quoted = /['`\"]/\nimport '@postern/tool'\n")).toHaveLength(1)
  })

  it('names file and line, and says how to put it right', () => {
    expect(faultsIn('packages/auth/src/a.ts', "import 'node:fs'\n\nimport { request } from 'undici'\n")).toEqual([
      {
        file: 'packages/auth/src/a.ts',
        line: 3,
        specifier: 'undici',
        rule: 'undici belongs to upstream',
        fix: 'send through @postern/upstream',
      },
    ])
  })
})
