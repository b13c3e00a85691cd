/** The columns a file may have, with an example each; `readRow` has their forms. */
export const importColumns = {
  customer_id: 'cus_4f7k2m (default: a new one)',
  name: 'Hanna Lindqvist',
  company: 'Nordwind Logistik GmbH',
  status: 'lead | prospect | customer | churned (default lead)',
  region: 'DACH',
  owner: 'hanna.l: the account manager, by the subject of their token',
  email: 'hanna@example.com',
  phone: '+49 30 1234567',
  lifetime_value: '12500: whole units, with a currency',
  currency: 'EUR',
  created_at: '2026-01-31T08:30:00Z (default: now)',
  last_contact: '2026-02-01',
} as const
