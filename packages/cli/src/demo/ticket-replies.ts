import { list, part } from './replies.ts'
import type { Data, Reply } from './scene.ts'
import { brief } from './show.ts'

export function items(reply: Reply): readonly Data[] {
  return (reply.ok ? reply.data['tickets'] : []) as readonly Data[]
}

export function found(reply: Reply, key: 'draft' | 'details'): readonly Data[] {
  const holder = reply.ok ? part(reply, key) : ((reply.error['details'] ?? {}) as Data)
  return (holder['issues'] ?? []) as readonly Data[]
}

export function errors(reply: Reply): readonly Data[] {
  return found(reply, 'draft').filter((issue) => issue['severity'] === 'error')
}

export function issues(reply: Reply): readonly string[] {
  const all = found(reply, 'draft')
  return all.length === 0 ? ['no issues'] : all.map(issueLine)
}

export function issueLine(issue: Data): string {
  return [issue['severity'], issue['path'], issue['message'] ?? issue['expected']].filter(Boolean).join(' · ')
}

export function rows(reply: Reply): readonly string[] {
  return items(reply).map((item) => {
    const title = ((item['untrusted'] ?? {}) as Data)['title']
    return `${String(item['ticket_id']).padEnd(8)} ${item['priority']} ${String(item['status']).padEnd(11)} ${brief(title)}`
  })
}

export function ticket(reply: Reply): readonly string[] {
  const { ticket_id, url, priority, status, untrusted } = part(reply, 'ticket')
  const title = ((untrusted ?? {}) as Data)['title']
  return reply.ok ? [[ticket_id, priority, status, title && brief(title), url].filter(Boolean).join('  ')] : []
}

export function template(reply: Reply): readonly string[] {
  const { required_sections, default_priority, default_labels } = part(reply, 'template')
  return [`needs ${list(required_sections)}; starts as ${default_priority}, labelled ${list(default_labels)}`]
}
