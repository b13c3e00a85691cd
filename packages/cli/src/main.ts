#!/usr/bin/env node
import { prepareNode } from '@postern/host/prepare-node'

prepareNode()
// The reader of a pipe has seen enough, as with "| head": no fault of anybody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
const { main } = await import('./run.ts')
process.exitCode = await main(process.argv.slice(2))
