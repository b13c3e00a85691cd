import { z } from 'zod'

/** Where a secret is read from: `file:/run/secrets/…` or `env:NAME`. The text itself never stands in the file. */
const credentialReference = z
  .string()
  .regex(/^(file|env):.+/, 'must be file:<path> or env:<NAME>; a secret never stands in the environment file')

const milliseconds = z.int().min(1)

/**
 * The `store` section of the environment file.
 *
 * Timeouts are milliseconds. `statement_timeout_ms` and `lock_timeout_ms` are enforced by PostgreSQL itself, and the
 * connection is given up shortly after the former, so that a silent network cannot hold a call either.
 */
export const storeSection = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('sqlite'),
      /** Instead of `<data directory>/<environment>/<server>.db`; a relative path starts at the data directory. */
      path: z.string().min(1).optional(),
    }),
    z.strictObject({
      kind: z.literal('postgres'),
      url: z.union([
        credentialReference,
        z.strictObject({
          current: credentialReference,
          next: credentialReference.optional(),
          environment: z.string().min(1).optional(),
        }),
      ]),
      pool: z
        .strictObject({
          /**
           * Connections of one process, one of them never a transaction's. Replicas × max has to stay below
           * PostgreSQL's `max_connections`.
           */
          max: z.int().min(2).max(200).default(10),
          /** How long a call waits for a connection, be it a free one or a new one. */
          connect_timeout_ms: milliseconds.default(5_000),
          idle_timeout_ms: milliseconds.default(30_000),
          statement_timeout_ms: milliseconds.default(10_000),
          lock_timeout_ms: milliseconds.default(5_000),
          /** A transaction that is open and does nothing is rolled back after this. */
          idle_transaction_timeout_ms: milliseconds.default(60_000),
          /** What one statement may return. Without such a cap one huge cell ends the process. */
          result_bytes_max: z
            .int()
            .min(1 << 16)
            .max(1 << 28)
            .default(1 << 24),
        })
        .prefault({}),
      /** `off` only where something else encrypts: a sidecar, a socket proxy, the same machine. */
      tls: z
        .union([
          z.literal('verify'),
          z.literal('off'),
          z.strictObject({
            /** PEM file of the authority that signed the server's certificate. */
            ca: z.string().min(1),
          }),
        ])
        .default('verify'),
    }),
  ])
  .prefault({ kind: 'sqlite' })

export type StoreConfig = z.output<typeof storeSection>
export type PostgresConfig = Extract<StoreConfig, { kind: 'postgres' }>
