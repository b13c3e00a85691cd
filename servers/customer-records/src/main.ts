#!/usr/bin/env node
import { requireNode } from '@postern/host/require-node'

requireNode()
const [{ serve }, { server }] = await Promise.all([import('@postern/host'), import('./server.ts')])
await serve(server, import.meta.dirname)
