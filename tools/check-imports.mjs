// Imports go one way. Reads every source file of packages/ and servers/ and names each import that goes another way.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Package to the packages it may import. A new edge is a decision: add it here, and say why in the pull request. */
const mayImport = {
  errors: [],
  tool: ['errors'],
  store: ['errors', 'tool'],
  credentials: ['errors', 'tool', 'store'],
  auth: ['errors', 'tool', 'store', 'credentials'],
  policy: ['errors', 'tool', 'store'],
  limits: ['errors', 'tool', 'store'],
  idempotency: ['errors', 'tool', 'store'],
  approvals: ['errors', 'tool', 'store', 'policy'],
  audit: ['errors', 'tool', 'store'],
  upstream: ['errors', 'tool', 'credentials'],
  contract: ['errors', 'tool'],
  cli: ['errors', 'tool', 'host', 'contract'],
}
const middleware = ['auth', 'policy', 'limits', 'idempotency', 'approvals', 'audit']
mayImport.host = ['errors', 'tool', 'store', 'credentials', 'upstream', ...middleware]
mayImport.testing = [...Object.keys(mayImport)]
const serversMayImport = Object.keys(mayImport).filter((name) => name !== 'cli' && name !== 'testing')

/** Third-party and built-in modules that live in a few packages only. The first matching line counts. */
const confined = [
  {
    modules: /^@modelcontextprotocol\/(client|sdk)(\/|$)/,
    to: ['cli', 'contract', 'testing'],
    fix: 'speak MCP as a client from cli, contract or testing',
  },
  { modules: /^@modelcontextprotocol\//, to: ['host'], fix: 'let the host speak MCP; a tool returns data' },
  { modules: /^pino(\/|$)/, to: ['host'], fix: 'let the host log' },
  {
    modules: /^node:(http|https|http2)$|^https?$/,
    to: ['host', 'testing'],
    fix: 'listen through @postern/host, send through @postern/upstream',
  },
  { modules: /^undici(\/|$)/, to: ['upstream'], fix: 'send through @postern/upstream' },
  // testing holds the lock of a store from outside, to see what a server does then.
  { modules: /^node:sqlite$/, to: ['store', 'testing'], fix: 'use what @postern/store exports' },
  { modules: /^(pg|kysely)(\/|$)/, to: ['store'], fix: 'use what @postern/store exports' },
]

const isTest = (file) => /\.test\.m?ts$/.test(file) || /^[^/]+\/[^/]+\/(test|src\/testing)\//.test(file)

/** The faults of one file, given its path from the root of the repository and its text. */
export function faultsIn(file, text) {
  const [, folder, name] = /^(packages|servers)\/([^/]+)\//.exec(file)
  const importer = { name, isServer: folder === 'servers', isTest: isTest(file) }
  return importsOf(text).flatMap(({ specifier, line }) => {
    const broken = brokenRule(importer, file, specifier)
    return broken ? [{ file, line, specifier, ...broken }] : []
  })
}

function brokenRule(importer, file, specifier) {
  const target = targetOf(file, specifier)
  if (target === undefined) return confinement(importer, specifier)
  if (target.isServer && importer.isServer && target.name === importer.name) return undefined
  if (target.isServer) {
    const rule = importer.isServer ? 'no server imports another' : 'no package imports a server'
    return { rule, fix: 'move what both need into a package' }
  }
  if (!importer.isServer && target.name === importer.name) return undefined
  if (target.name === 'testing') return testing(importer)
  const allowed = importer.isServer ? serversMayImport : (mayImport[importer.name] ?? [])
  if (allowed.includes(target.name)) return undefined
  const list = allowed.length === 0 ? 'no other package' : allowed.join(', ')
  return {
    rule: `${importer.name} may import ${list}`,
    fix: `turn the dependency round, or allow it in tools/check-imports.mjs`,
  }
}

/** It holds stand-ins, so it must not reach a bundle. errors and tool stand below it. */
function testing(importer) {
  if (importer.isTest && importer.name !== 'errors' && importer.name !== 'tool') return undefined
  return { rule: 'only tests import @postern/testing', fix: 'move it into a test file' }
}

/** Tests may listen and connect as they need; everything else keeps to its one home. */
function confinement(importer, specifier) {
  const rule = confined.find(({ modules }) => modules.test(specifier))
  if (rule === undefined || (!importer.isServer && rule.to.includes(importer.name))) return undefined
  if (importer.isTest && specifier.startsWith('node:')) return undefined
  return { rule: `${specifier} belongs to ${rule.to.join(', ')}`, fix: rule.fix }
}

/** The package or server of ours that an import leads to, by name or by path; undefined for anything else. */
function targetOf(file, specifier) {
  const path = specifier.startsWith('.') ? join(dirname(file), specifier) : undefined
  const [, folder, byPath] = /^(packages|servers)\/([^/]+)/.exec(path ?? '') ?? []
  if (byPath !== undefined) return { name: byPath, isServer: folder === 'servers' }
  const [, byName] = /^@postern\/([^/]+)/.exec(specifier) ?? []
  if (byName === undefined) return undefined
  return { name: byName.replace(/-server$/, ''), isServer: byName.endsWith('-server') }
}

/** Comments, templates, regular expressions and plain strings are matched too, so that nothing in them counts. */
const tokens = new RegExp(
  [
    String.raw`\/\/.*|\/\*[\s\S]*?\*\/`,
    String.raw`(?<=[=(,:!&|?;{}[\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\[])+\/[a-z]*`,
    '`(?:\\\\.|[^`\\\\])*`',
    String.raw`\b(?:from|import|import\s*\(|require\s*\(|(?:resolve|mock|importActual)\s*\()\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>`,
    String.raw`'(?:\\.|[^'\n\\])*'|"(?:\\.|[^"\n\\])*"`,
  ].join('|'),
  'g',
)

function importsOf(text) {
  return [...text.matchAll(tokens)]
    .filter((match) => match.groups.specifier !== undefined)
    .map((match) => ({ specifier: match.groups.specifier, line: text.slice(0, match.index).split('\n').length }))
}

function sourceFiles(root) {
  return ['packages', 'servers'].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) =>
      ['src', 'test']
        .filter((part) => existsSync(join(root, folder, name, part)))
        .flatMap((part) =>
          readdirSync(join(root, folder, name, part), { recursive: true }).map((file) =>
            [folder, name, part, file].join('/'),
          ),
        )
        .filter((file) => /\.(ts|mts|mjs|js)$/.test(file)),
    ),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  const faults = sourceFiles(root).flatMap((file) => faultsIn(file, readFileSync(join(root, file), 'utf8')))
  for (const { file, line, specifier, rule, fix } of faults)
    console.log(`${file}:${line}: imports ${specifier}, but ${rule}. Fix: ${fix}.`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
