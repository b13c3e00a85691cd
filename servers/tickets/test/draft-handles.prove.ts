import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { random } from '@postern/host/sample'
import type { Principal } from '@postern/tool'
import { openTickets, outcome, type TicketsHost } from './tickets-host.ts'

const fields = {
  project_key: 'OPS',
  title: 'Badge reader at gate 4 is dead',
  description: 'The badge reader at gate 4 reads no card since Monday morning, and people queue outside.',
  priority: 'P2',
  acceptance_criteria: ['A card is read within one second'],
}

/**
 * Tries to use draft ids that are not the caller's to use: of another subject, issuer or tenant, altered in one
 * character, cut, made up, expired, or used before.
 *
 * @returns how many were accepted; the promise is 0
 */
export async function tryDraftIds({
  tries,
  seed,
}: {
  tries: number
  seed: number
}): Promise<{ tries: number; accepted: number }> {
  const tickets = await openTickets()
  const next = random(seed)
  let accepted = 0
  try {
    for (let i = 0; i < tries; i++) {
      const attack = attacks[Math.floor(next() * attacks.length)] ?? swapped
      if ((await attack(tickets, `draft-owner-${i}`, next)) === 'ok') accepted++
    }
  } finally {
    await tickets.close()
  }
  return { tries, accepted }
}

type Attack = (tickets: TicketsHost, subject: string, next: () => number) => Promise<string>

const swapped: Attack = async (tickets, subject, next) => {
  const { owner, id } = await draftOf(tickets, subject)
  const others: Principal[] = [
    { ...owner, subject: `${subject}x` },
    { ...owner, issuer: 'urn:postern:elsewhere' },
    { ...owner, tenant: 'globex' },
  ]
  return use(tickets, id, others[Math.floor(next() * others.length)] ?? owner, next)
}

const altered: Attack = async (tickets, subject, next) => {
  const { owner, id } = await draftOf(tickets, subject)
  const at = Math.floor(next() * id.length)
  const other = id[at] === 'a' ? 'b' : 'a'
  const forms = [`${id.slice(0, at)}${other}${id.slice(at + 1)}`, id.slice(0, -1), `${id}a`, ` ${id}`]
  return use(tickets, forms[Math.floor(next() * forms.length)] ?? '', owner, next)
}

const madeUp: Attack = async (tickets, subject, next) => {
  const { owner, id } = await draftOf(tickets, subject)
  const letters = Array.from({ length: id.length - 4 }, () => Math.floor(next() * 36).toString(36)).join('')
  return use(tickets, id.slice(0, 4) + letters, owner, next)
}

const expired: Attack = async (tickets, subject, next) => {
  const { owner, id } = await draftOf(tickets, subject)
  const db = new DatabaseSync(join(tickets.host.dataDirectory, 'development', 'tickets.db'))
  db.prepare('update drafts set expires_at = 1 where draft_id = ?').run(id)
  db.close()
  return use(tickets, id, owner, next)
}

const replayed: Attack = async (tickets, subject) => {
  const { owner, id } = await draftOf(tickets, subject)
  const first = outcome(await tickets.call('create_ticket', { draft_id: id }, { as: owner }))
  if (first !== 'ok') throw new Error(`the draft could not even be used once: ${first}`)
  // With a key of its own: with the same key this would be a replay, and rightly answered.
  return outcome(await tickets.call('create_ticket', { draft_id: id }, { as: owner }))
}

const attacks = [swapped, altered, madeUp, expired, replayed]

async function draftOf(tickets: TicketsHost, subject: string): Promise<{ owner: Principal; id: string }> {
  // A caller of its own for each try: the rate limits are not what is tried here.
  const owner = { ...tickets.supportFor('OPS'), subject }
  const made = await tickets.call('draft_ticket', fields, { as: owner })
  const id = (made['draft'] as { draft_id?: string } | undefined)?.draft_id
  if (id === undefined) throw new Error(`no draft was made: ${outcome(made)}`)
  return { owner, id }
}

async function use(tickets: TicketsHost, draft_id: string, as: Principal, next: () => number): Promise<string> {
  const tool = next() < 0.5 ? 'validate_ticket' : 'create_ticket'
  return outcome(await tickets.call(tool, { draft_id }, { as }))
}
