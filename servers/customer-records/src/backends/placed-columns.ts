/** Where a row scope finds its attributes in a statement that joins `customers`. */
export const placedColumns = { tenant: 'customers.tenant', region: 'customers.region', owner: 'customers.owner' }
