import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

/** What CommonJS dependencies inside an ESM bundle still expect to find. Odd name: a short one met a name in the bundle. */
const commonJs = [
  "import { createRequire as __posternCreateRequire } from 'node:module';",
  'const require = __posternCreateRequire(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join(' ')

/** One self-contained ESM bundle; whatever is imported with `await import()` becomes a lazy chunk. */
export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['esm'],
  outExtension: () => ({ js: '.mjs' }),
  platform: 'node',
  target: 'node24',
  dts: false,
  clean: true,
  // node:sqlite exists under no other name.
  removeNodeProtocol: false,
  splitting: true,
  // Identifiers stay: log records, stack traces and pipeline errors name classes and functions.
  minifyWhitespace: true,
  minifySyntax: true,
  noExternal: [/.*/],
  banner: { js: commonJs },
})

/**
 * For servers: puts the contract beside the bundle, made by the very bundle it belongs to, so that a start need not
 * derive it from the schemas again.
 */
export async function writeContract(): Promise<void> {
  writeFileSync('dist/contract.json', execFileSync(process.execPath, ['dist/main.mjs', 'contract']))
}
