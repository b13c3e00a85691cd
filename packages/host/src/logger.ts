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
    ...(typeof code === 'string' && { code }),
    ...(verbose && { message: error.message.slice(0, 1000) }),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 12)
      .map((line) => line.trim()),
    ...(error.cause !== undefined && depth < causesMax && { cause: describe(error.cause, verbose, depth + 1) }),
  }
}
