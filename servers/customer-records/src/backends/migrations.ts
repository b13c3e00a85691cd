import { sampleMigration } from '@postern/host/sample'
import { column, type Migration } from '@postern/store'

/** The tables of the `local` backend. Steps only expand; a published step never changes. */
export const migrations: readonly Migration[] = [
  sampleMigration,
  {
    component: 'customer-records',
    number: 1,
    name: 'customers, contacts, opportunities and activities',
    async up(db) {
      await db.schema
        .createTable('customers')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('customer_id', column.text, (c) => c.notNull())
        .addColumn('name', column.text, (c) => c.notNull())
        .addColumn('company', column.text, (c) => c.notNull())
        .addColumn('status', column.text, (c) => c.notNull())
        .addColumn('region', column.text, (c) => c.notNull())
        .addColumn('owner', column.text)
        .addColumn('email', column.text)
        .addColumn('phone', column.text)
        .addColumn('lifetime_value', column.bigint)
        .addColumn('currency', column.text)
        .addColumn('created_at', column.bigint, (c) => c.notNull())
        .addColumn('last_contact', column.bigint)
        .addColumn('name_key', column.text, (c) => c.notNull())
        .addColumn('search_name', column.text, (c) => c.notNull())
        .addColumn('search_company', column.text, (c) => c.notNull())
        .addColumn('search_email', column.text)
        .addPrimaryKeyConstraint('customers_key', ['tenant', 'customer_id'])
        .execute()
      await db.schema
        .createIndex('customers_by_name')
        .on('customers')
        .columns(['tenant', 'name_key', 'customer_id'])
        .execute()
      await db.schema.createIndex('customers_by_email').on('customers').columns(['tenant', 'search_email']).execute()
      await db.schema
        .createTable('contacts')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('contact_id', column.text, (c) => c.notNull())
        .addColumn('customer_id', column.text, (c) => c.notNull())
        .addColumn('name', column.text, (c) => c.notNull())
        .addColumn('role', column.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('contacts_key', ['tenant', 'customer_id', 'contact_id'])
        .execute()
      await db.schema
        .createTable('opportunities')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('opportunity_id', column.text, (c) => c.notNull())
        .addColumn('customer_id', column.text, (c) => c.notNull())
        .addColumn('name', column.text, (c) => c.notNull())
        .addColumn('stage', column.text, (c) => c.notNull())
        .addColumn('amount', column.bigint, (c) => c.notNull())
        .addColumn('currency', column.text, (c) => c.notNull())
        .addColumn('close_date', column.text)
        .addPrimaryKeyConstraint('opportunities_key', ['tenant', 'opportunity_id'])
        .execute()
      await db.schema
        .createIndex('opportunities_by_customer')
        .on('opportunities')
        .columns(['tenant', 'customer_id'])
        .execute()
      await db.schema
        .createTable('activities')
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('activity_id', column.text, (c) => c.notNull())
        .addColumn('customer_id', column.text, (c) => c.notNull())
        .addColumn('type', column.text, (c) => c.notNull())
        .addColumn('at', column.bigint, (c) => c.notNull())
        .addColumn('author', column.text, (c) => c.notNull())
        .addColumn('text', column.text, (c) => c.notNull())
        .addColumn('opportunity_id', column.text)
        .addColumn('from_stage', column.text)
        .addColumn('to_stage', column.text)
        .addPrimaryKeyConstraint('activities_key', ['tenant', 'customer_id', 'activity_id'])
        .execute()
      await db.schema
        .createIndex('activities_by_time')
        .on('activities')
        .columns(['tenant', 'customer_id', 'at', 'activity_id'])
        .execute()
    },
  },
]
