import { contractOf } from '@postern/tool'
import { it } from 'vitest'
import { Tiktoken } from '../../../packages/contract/node_modules/js-tiktoken/dist/lite.js'
import cl100k from '../../../packages/contract/node_modules/js-tiktoken/dist/ranks/cl100k_base.js'
import { server } from '../src/server.ts'

const enc = new Tiktoken(cl100k)
it('t', () => {
  const n = (x: unknown) => enc.encode(JSON.stringify(x)).length
  for (const t of contractOf(server).tools)
    console.log(t.name, n(t), 'desc', n(t.description), 'in', n(t.inputSchema), 'out', n(t.outputSchema))
  console.log(JSON.stringify(contractOf(server).tools.slice(2), null, 0))
})
