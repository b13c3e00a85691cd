#!/usr/bin/env node
import { prepareNode } from '@postern/host/prepare-node'

prepareNode()
const [{ serve }, { server }] = await Promise.all([import('@postern/host'), import('./server.ts')])
await serve(server, import.meta.dirname)
