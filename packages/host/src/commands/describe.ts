import { contractOf } from '@postern/tool'
import { z } from 'zod'
import { environmentSchema, vocabulary } from '../environment/environment.ts'
import type { MainContext } from '../serve.ts'

/** `describe`: everything a command, a document generator or a registry may want to know of this server, as JSON. */
export function describe({ server }: MainContext): void {
  print({
    name: server.name,
    version: server.version,
    title: server.title,
    owners: server.owners,
    data_classes: server.dataClasses,
    purpose: server.purpose,
    success_metric: server.successMetric,
    listen: { port: server.listen.port, ops_port: server.listen.opsPort },
    vocabulary: vocabulary(server),
    imports: server.importer ? { noun: server.importer.noun, columns: server.importer.columns } : null,
    environment_schema: z.toJSONSchema(environmentSchema(server), { io: 'input', unrepresentable: 'any' }),
    contract: contractOf(server),
  })
}

/** `contract`: the public contract as JSON, the content of `contract.json`. */
export function contract({ server }: MainContext): void {
  print(contractOf(server))
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
