#!/usr/bin/env node
import { requireNode } from '@postern/host/require-node'

requireNode()
const { main } = await import('./run.ts')
process.exitCode = await main(process.argv.slice(2))
