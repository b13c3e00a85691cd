import { z } from 'zod'

const hostName = z
  .string()
  .regex(/^[a-z0-9.-]{1,253}$|^\[[0-9a-f:]+\]$/i, 'a host name without port, such as tickets.example.com')

/** The `http` section: who may talk to the MCP endpoint, and how much at once. */
export const httpSection = z
  .strictObject({
    allowed_hosts: z.array(hostName).max(50).default([]),
    allowed_origins: z.array(hostName).max(50).default([]),
    body_bytes_max: z.int().min(1024).max(1_048_576).default(262_144),
    drain_delay_ms: z.int().min(0).max(60_000).default(5000),
  })
  .describe('Host names that clients may use for this server, beside loopback; limits of the HTTP listener.')

/** The `tls` section: TLS 1.3 only; with `client_ca`, client certificates are verified and may be required. */
export const tlsSection = z
  .strictObject({
    cert: z.string().startsWith('file:'),
    key: z.string().startsWith('file:'),
    client_ca: z.string().startsWith('file:').optional(),
    require_client_certificate: z.boolean().default(false),
  })
  .describe('Certificate and key of the MCP endpoint; re-read when the files change.')

/** The `telemetry` section. */
export const telemetrySection = z
  .strictObject({ log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info') })
  .describe('What the process says about itself on stderr.')

/** The `registry` section: contract versions this deployment pins. */
export const registrySection = z.strictObject({}).describe('Pinned contract versions; none exist yet.')

/** The `escalation` section: named in the next step of errors that a caller cannot mend alone. */
export const escalationSection = z
  .strictObject({ contact: z.string().min(3).max(200) })
  .describe('Whom a caller should ask, such as a team mailbox.')
