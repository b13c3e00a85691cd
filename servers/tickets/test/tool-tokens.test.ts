import { contractOf } from '@postern/tool'
import { Tiktoken } from 'js-tiktoken/lite'
import cl100k from 'js-tiktoken/ranks/cl100k_base'
import { expect, it } from 'vitest'
import { server } from '../src/server.ts'

const aim = 2500
const gate = 3500

it('lists its tools in few tokens', () => {
  const { tools } = contractOf(server)
  const listed = tools.map(({ name, title, description, annotations, inputSchema, outputSchema }) => ({
    name,
    title,
    description,
    inputSchema,
    outputSchema,
    annotations,
  }))
  const encoding = new Tiktoken(cl100k)
  const count = (value: unknown) => encoding.encode(JSON.stringify(value)).length
  const all = count(listed)
  const each = listed.map((tool) => `${tool.name} ${count(tool)}`).join(', ')
  process.stdout.write(`tools/list of tickets: ${all} tokens (aim ${aim}, gate ${gate}): ${each}\n`)
  expect(all).toBeLessThanOrEqual(gate)
})
