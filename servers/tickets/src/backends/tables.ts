/** The tables of this server in its own store. Times are milliseconds since the epoch, lists are JSON text. */
export interface Tables {
  projects: ProjectRow
  templates: TemplateRow
  tickets: TicketRow
  drafts: DraftRow
}

interface ProjectRow {
  tenant: string
  project_key: string
  /** The number of the next ticket. */
  next_number: number
  /** JSON of `ProjectRules`. */
  rules: string
}

export interface TemplateRow {
  tenant: string
  project_key: string
  template_id: string
  name: string
  default_priority: string
  default_labels: string
  sections: string
  checklist: string
}

export interface TicketRow {
  tenant: string
  project_key: string
  number: number
  ticket_id: string
  status: string
  priority: string
  labels: string
  title: string
  description: string
  acceptance_criteria: string
  template_id: string | null
  reporter_email: string | null
  assignee: string | null
  created_at: number
  updated_at: number
  /** Id, title and description, folded: what text filters look at. */
  search_text: string
}

export interface DraftRow {
  draft_id: string
  tenant: string
  /** JSON of the caller's `principalId`. */
  owner: string
  project_key: string
  /** JSON of the `Proposal`; never changed. */
  proposal: string
  expires_at: number
  /** The `effect.key` of the write that used it. */
  used_by: string | null
}
