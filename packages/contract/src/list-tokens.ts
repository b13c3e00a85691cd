import { annotations, contractOf } from '@postern/tool'
import { Tiktoken } from 'js-tiktoken/lite'
import cl100k from 'js-tiktoken/ranks/cl100k_base'
import type { Registry } from './registry-faults.ts'

/** What a tools/list may cost a model, output schemas included, in cl100k tokens. */
export const listTokens = { aim: 2500, gate: 3500 }

/** The cl100k tokens of a server's tools/list: what every conversation pays before its first word. */
export function countListTokens(server: Registry): number {
  const tools = contractOf(server).tools.map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: tool.inputSchema,
    outputSchema: tool.outputSchema,
    annotations: annotations(tool.effect as 'read'),
    _meta: { 'dev.postern/contract': tool.version },
  }))
  return new Tiktoken(cl100k).encode(JSON.stringify(tools)).length
}
