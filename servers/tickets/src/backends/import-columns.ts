/** The columns a file may have, with an example each; `readRow` has their forms. */
export const importColumns = {
  ticket_id: 'OPS-12 (all lines or none)',
  project_key: 'OPS',
  title: 'Nightly backup of db-03 fails with "no space left"',
  description: 'Markdown, several lines in quotes',
  status: 'open | in_progress | waiting | resolved | closed (default open)',
  priority: 'P0 | P1 | P2 | P3 (default P3)',
  labels: 'backup, storage',
  acceptance_criteria: 'one per line, in quotes',
  template_id: 'bug',
  reporter_email: 'kim@example.com',
  assignee: 'kim',
  created_at: '2026-01-31T08:30:00Z (default: now)',
  updated_at: '2026-02-01 (default: created_at)',
} as const
