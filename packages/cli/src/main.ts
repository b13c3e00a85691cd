#!/usr/bin/env node
import { prepareNode } from '@postern/host/prepare-node'
import { faultCode, faultLines } from './fault.ts'

prepareNode()
// What happens outside of any command too: a callback, a text that has grown too long for Node.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${faultLines(error).join('\n')}\n`)
  process.exit(faultCode)
})
// The reader of a pipe has seen enough, as with "| head": no fault of anybody, and no verdict either. The code is that of
// a program that SIGPIPE has ended.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(141)
})
const { main } = await import('./run.ts')
process.exitCode = await main(process.argv.slice(2))
