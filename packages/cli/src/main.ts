#!/usr/bin/env node
import { prepareNode } from '@postern/host/prepare-node'

prepareNode()
const { main } = await import('./run.ts')
process.exitCode = await main(process.argv.slice(2))
