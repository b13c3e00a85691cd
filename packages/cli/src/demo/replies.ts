import type { Data, Memory, Reply } from './scene.ts'

export function ok(reply: Reply): string | undefined {
  return reply.ok ? undefined : `expected success, got ${reply.code}: ${reply.message}`
}

export function refused(reply: Reply, ...codes: readonly string[]): string | undefined {
  if (reply.ok) return `expected ${codes.join(' or ')}, but it was done`
  return codes.includes(reply.code) ? undefined : `expected ${codes.join(' or ')}, got ${reply.code}`
}

/** The noun of an answer; empty when it failed. */
export function part(reply: Reply, noun: string): Data {
  return ((reply.ok ? reply.data[noun] : undefined) ?? {}) as Data
}

export function next(reply: Reply): readonly string[] {
  return reply.ok || typeof reply.error['next_step'] !== 'string' ? [] : [`next step: ${reply.error['next_step']}`]
}

export function list(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : ''
}

/** A write that was made before: the same answer, and marked. */
export function replayed(reply: Reply, noun: string, id: string, expected: string | undefined): string | undefined {
  if (!reply.ok) return ok(reply)
  if (part(reply, noun)[id] !== expected) return `another ${noun} than before`
  return reply.replayed ? undefined : 'the answer is not marked as a replay'
}

/** A call that a person has to approve; notes the id of the request. */
export function needsApproval(reply: Reply, memory: Memory): string | undefined {
  const details = reply.ok ? {} : ((reply.error['details'] ?? {}) as Data)
  memory['approval'] = String(details['approval_id'] ?? '')
  return refused(reply, 'APPROVAL_REQUIRED') ?? (memory['approval'] === '' ? 'no approval id is given' : undefined)
}

/** What a command printed, line by line. */
export function printed(reply: Reply): readonly string[] {
  return reply.ok ? ((reply.data['lines'] ?? []) as readonly string[]) : []
}

/** The lines among them that say something. */
export function lines(reply: Reply, ...wanted: readonly RegExp[]): readonly string[] {
  return printed(reply)
    .filter((line) => wanted.some((one) => one.test(line)))
    .map((line) => line.trim().replace(/ {2,}/g, ' '))
}

/** Fields of a card that a command printed, each with what stands below it. */
export function cardFields(reply: Reply, ...names: readonly string[]): readonly string[] {
  const fields: string[] = []
  for (const line of printed(reply).slice(1)) {
    const starts = /^ {2}\S/.test(line)
    const words = line.trim().replace(/ {2,}/, ': ')
    if (starts) fields.push(words)
    else fields.push(`${fields.pop() ?? ''} ${words}`)
  }
  return fields.filter((field) => names.some((name) => field.startsWith(`${name}: `)))
}
