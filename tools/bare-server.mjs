// What the tools of a server cost without Postern: an unbundled server on the plain SDK that lists the same tools with
// the same schemas and answers none of them. Only for tools/cold-start.mjs. Usage: node tools/bare-server.mjs <contract>
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// The SDK is a dependency of the host alone, and stands in its node_modules.
const { resolve } = createRequire(join(import.meta.dirname, '../packages/host/package.json'))
const sdk = (name) => import(pathToFileURL(resolve(name)).href.replace(/\.cjs$/, '.mjs'))
const [{ McpServer, fromJsonSchema }, { serveStdio }] = await Promise.all([
  sdk('@modelcontextprotocol/server'),
  sdk('@modelcontextprotocol/server/stdio'),
])
const contract = JSON.parse(readFileSync(process.argv[2], 'utf8'))

serveStdio(() => {
  const server = new McpServer({ name: `bare-${contract.server}`, version: '1.0.0' })
  for (const { name, title, description, annotations, inputSchema, outputSchema } of contract.tools)
    server.registerTool(
      name,
      {
        title,
        description,
        annotations,
        inputSchema: fromJsonSchema(inputSchema),
        outputSchema: fromJsonSchema(outputSchema),
      },
      () => ({ content: [] }),
    )
  return server
})
