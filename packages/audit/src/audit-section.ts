import { isAbsolute } from 'node:path'
import { z } from 'zod'

const sink = z.enum(['file', 'postgres'])
const reference = z.string().regex(/^file:.+/, 'must be file:<path>; a secret never stands in the environment file')
const path = z.string().min(1)
const place = path.refine((text) => text === 'postgres' || isAbsolute(text), {
  error: 'must be postgres or an absolute path: the commands that verify run in other directories',
})

/**
 * The `audit` section of the environment file. There is no way to switch it off; left out, records go to files below
 * the data directory.
 */
export const auditSection = z.strictObject({
  sink: z
    .union([sink, z.array(sink).min(1).max(2)])
    .default('file')
    .describe('Where records go: file (stdio, trials, single hosts), postgres (containers), or both.'),
  directory: path
    .optional()
    .describe('Directory of the file sink; by default audit/ beside the embedded stores. Keep it on a durable volume.'),
  checkpoints: z
    .strictObject({
      every: z.int().min(1).max(1_000_000).default(1000).describe('Records after which a checkpoint is signed.'),
      seconds: z
        .int()
        .min(1)
        .max(3600)
        .default(10)
        .describe('Seconds after which one is signed if anything was recorded. Bounds what can be cut off unseen.'),
      key: reference
        .optional()
        .describe(
          'Ed25519 private key in PEM. Without one, a key beside the log is used, which its thief can use too.',
        ),
      copy_to: place
        .optional()
        .describe('A directory on another volume or host, or postgres. A full rewrite shows only against this copy.'),
    })
    .prefault({}),
  retention: z
    .string()
    .regex(/^[1-9]\d{0,4}d$/, 'must be a number of days such as 400d')
    .default('400d')
    .describe('How long records are kept before `postern audit prune` may remove them.'),
  hmac_key: z
    .union([reference, z.strictObject({ current: reference, previous: z.array(reference).default([]) })])
    .optional()
    .describe('Key of the keyed hashes, at least 32 bytes. Without one, a key beside the log is used.'),
  forward: z
    .union([z.literal('stdout'), z.strictObject({ otlp: z.url() })])
    .optional()
    .describe('Where the sidecar `postern audit forward` sends the records: its stdout, or an OTLP logs endpoint.'),
})

export type AuditSection = z.output<typeof auditSection>

export function sinksOf(section: AuditSection): ReadonlySet<'file' | 'postgres'> {
  return new Set(typeof section.sink === 'string' ? [section.sink] : section.sink)
}

export function retentionMs(section: AuditSection): number {
  return Number.parseInt(section.retention, 10) * 86_400_000
}
