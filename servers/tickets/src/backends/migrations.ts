import { sampleMigration } from '@postern/host/sample'
import { column, type Migration } from '@postern/store'

/** The tables of drafts and of the `local` backend. Steps only expand; a published step never changes. */
export const migrations: readonly Migration[] = [
  sampleMigration,
  {
    component: 'tickets',
    number: 1,
    name: 'projects, templates, tickets and drafts',
    async up(db) {
      await db.schema
        .createTable('projects')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('project_key', column.text, (c) => c.notNull())
        .addColumn('next_number', column.bigint, (c) => c.notNull())
        .addColumn('rules', column.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('projects_key', ['tenant', 'project_key'])
        .execute()
      await db.schema
        .createTable('templates')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('project_key', column.text, (c) => c.notNull())
        .addColumn('template_id', column.text, (c) => c.notNull())
        .addColumn('name', column.text, (c) => c.notNull())
        .addColumn('default_priority', column.text, (c) => c.notNull())
        .addColumn('default_labels', column.text, (c) => c.notNull())
        .addColumn('sections', column.text, (c) => c.notNull())
        .addColumn('checklist', column.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('templates_key', ['tenant', 'project_key', 'template_id'])
        .execute()
      await db.schema
        .createTable('tickets')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('project_key', column.text, (c) => c.notNull())
        .addColumn('number', column.bigint, (c) => c.notNull())
        .addColumn('ticket_id', column.text, (c) => c.notNull())
        .addColumn('status', column.text, (c) => c.notNull())
        .addColumn('priority', column.text, (c) => c.notNull())
        .addColumn('labels', column.text, (c) => c.notNull())
        .addColumn('title', column.text, (c) => c.notNull())
        .addColumn('description', column.text, (c) => c.notNull())
        .addColumn('acceptance_criteria', column.text, (c) => c.notNull())
        .addColumn('template_id', column.text)
        .addColumn('reporter_email', column.text)
        .addColumn('assignee', column.text)
        .addColumn('created_at', column.bigint, (c) => c.notNull())
        .addColumn('updated_at', column.bigint, (c) => c.notNull())
        .addColumn('search_text', column.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('tickets_key', ['tenant', 'ticket_id'])
        .execute()
      await db.schema
        .createIndex('tickets_by_change')
        .on('tickets')
        .columns(['tenant', 'project_key', 'updated_at', 'number'])
        .execute()
      await db.schema
        .createTable('drafts')
        .addColumn('draft_id', column.text, (c) => c.primaryKey().notNull())
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('owner', column.text, (c) => c.notNull())
        .addColumn('project_key', column.text, (c) => c.notNull())
        .addColumn('proposal', column.text, (c) => c.notNull())
        .addColumn('expires_at', column.bigint, (c) => c.notNull())
        .addColumn('used_by', column.text)
        .execute()
      await db.schema.createIndex('drafts_by_expiry').on('drafts').column('expires_at').execute()
    },
  },
]
