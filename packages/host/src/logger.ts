import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

/**
 * JSON lines on stderr and nowhere else: on stdio, stdout belongs to the protocol.
 *
 * Never log input, output or a token. An error is logged by name, code and stack; its message, which may carry upstream
 * text or a value of a record, only at `debug`.
 */
export function createLogger(
  options: { server: string; environment: string; level: string },
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level: options.level,
      base: { server: options.server, environment: options.environment, pid: process.pid },
      serializers: { err: (error: unknown) => describe(error, options.level === 'debug', 0) },
    },
    destination,
  )
}

const causesMax = 5

function describe(error: unknown, verbose: boolean, depth: number): unknown {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    ...(typeof code === 'string' && /^\w{1,64}$/.test(code) && { code }),
    ...(verbose && { message: error.message.slice(0, 1000) }),
    stack: frames(error),
    ...(error.cause !== undefined && depth < causesMax && { cause: describe(error.cause, verbose, depth + 1) }),
  }
}

/** Where it was thrown. A message stands in front of it, and a line of a message may look like one of these. */
function frames({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message)
  if (at < 0) return []
  const lines = stack.slice(at + message.length).split('\n')
  return lines.flatMap((line) => (/^\s+at /.test(line) ? line.trim() : [])).slice(0, 12)
}
