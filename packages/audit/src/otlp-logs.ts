import { parseLine } from './read-line.ts'

/** Records as an OTLP logs request (opentelemetry-proto, JSON encoding). The body is the record as written. */
export function otlpLogs(lines: readonly string[]): unknown {
  const records = lines.flatMap((line) => {
    const record = parseLine(line)
    return record === undefined ? [] : [{ line, record }]
  })
  const { server = '', environment = '' } = records[0]?.record ?? {}
  return {
    resourceLogs: [
      {
        resource: { attributes: [text('service.name', server), text('deployment.environment.name', environment)] },
        scopeLogs: [
          {
            scope: { name: 'postern.audit', version: '1' },
            logRecords: records.map(({ line, record }) => {
              const [, traceId, spanId] = record.traceparent?.split('-') ?? []
              const nano = `${Date.parse(record.time)}000000`
              return {
                timeUnixNano: nano,
                observedTimeUnixNano: nano,
                severityNumber: record.error ? warn : info,
                severityText: record.error ? 'WARN' : 'INFO',
                body: { stringValue: line },
                attributes: [
                  text('event.name', `postern.audit.${record.phase}`),
                  text('postern.audit.chain', record.chain),
                  { key: 'postern.audit.seq', value: { intValue: String(record.seq) } },
                ],
                ...(traceId && spanId && { traceId, spanId }),
              }
            }),
          },
        ],
      },
    ],
  }
}

/** SeverityNumber of the protocol. */
const info = 9
const warn = 13

function text(key: string, stringValue: string) {
  return { key, value: { stringValue } }
}
