/**
 * Ends the process with one line when this Node is older than the bundle needs. A module of its own without imports:
 * it has to run before anything that an old Node cannot even load.
 */
export function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return
  process.stderr.write(
    `Postern needs Node.js 22.19 or newer; this is ${process.versions.node}. Start it with "npm run server".\n`,
  )
  process.exit(1)
}
