/**
 * Exit code of a fault of this program itself, as sysexits.h numbers it. No answer of a command has it; 1, which Node
 * would take, is what `audit verify` says of a trail that was tampered with.
 */
export const faultCode = 70

/** What was not foreseen, in lines for a terminal. */
export function faultLines(error: unknown): string[] {
  const fault = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return ['postern stopped because of a fault of its own.', fault]
}
