import { TRACEPARENT_META_KEY } from '@modelcontextprotocol/server'
import type { Client } from '@postern/tool'

const purposeKey = 'dev.postern/purpose'

/**
 * What a request says about its sender, in lengths that a record can hold.
 *
 * @param meta the `_meta` of its params; @param info name and version, as the client gave them
 */
export function clientOf(
  meta: Readonly<Record<string, unknown>> | undefined,
  {
    transport,
    era,
    info,
  }: Pick<Client, 'transport' | 'era'> & { info?: { name?: string; version?: string } | undefined },
): Client {
  const purpose = meta?.[purposeKey]
  const traceparent = meta?.[TRACEPARENT_META_KEY]
  return {
    transport,
    era,
    ...(typeof info?.name === 'string' && { name: info.name.slice(0, 100) }),
    ...(typeof info?.version === 'string' && { version: info.version.slice(0, 50) }),
    // Of another type it names no purpose of anybody, and `authorize` refuses it like any that is not the caller's.
    ...(purpose !== undefined && { purpose: typeof purpose === 'string' ? purpose : '' }),
    ...(typeof traceparent === 'string' &&
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) && { traceparent }),
  }
}
