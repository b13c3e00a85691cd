import { listScopes, whoami } from '@postern/policy'
import { createTicket } from './create-ticket.ts'
import { draftTicket } from './draft-ticket.ts'
import { getTicket } from './get-ticket.ts'
import { searchTickets } from './search-tickets.ts'
import { validateTicket } from './validate-ticket.ts'

/** In reading order: who am I, what is there, then what can be made. */
export const tools = [whoami, listScopes, searchTickets, getTicket, draftTicket, validateTicket, createTicket]
