import { readFileSync, statSync } from 'node:fs'
import type { Server, ServerOptions } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { z } from 'zod'
import type { tlsSection } from './environment/sections.ts'
import { StartError } from './environment/start-error.ts'
import type { Logger } from './logger.ts'

type TlsSection = z.output<typeof tlsSection>

const fileBytesMax = 1_048_576
/** How soon a renewed certificate is noticed. */
const pollMs = 2_000

/**
 * What the HTTPS listener is created with: TLS 1.3 and nothing older; with `client_ca` a client certificate is asked
 * for and verified, and with `require_client_certificate` no handshake succeeds without one.
 *
 * @throws StartError that names the file that cannot be used
 */
export function tlsOptions(section: TlsSection): ServerOptions {
  return {
    ...material(section),
    minVersion: 'TLSv1.3',
    requestCert: section.client_ca !== undefined,
    // Without it a client without a certificate still gets in, as whoever its token says; roles decide what that is worth.
    rejectUnauthorized: section.require_client_certificate,
  }
}

/**
 * Takes over renewed files without dropping a connection: running ones keep their keys, new ones get the new
 * certificate. Files that cannot be used are logged, and the last good ones stay in force.
 *
 * @returns stops watching
 */
export function watchTls(server: Server, section: TlsSection, log: Logger, everyMs = pollMs): () => void {
  let seen = stamp(section)
  const timer = setInterval(() => {
    const now = stamp(section)
    if (now === seen) return
    seen = now
    try {
      server.setSecureContext(material(section))
      log.info('TLS certificate renewed')
    } catch (error) {
      log.error({ err: error }, 'the renewed TLS files cannot be used; the last good ones stay in force')
    }
  }, everyMs).unref()
  return () => clearInterval(timer)
}

function material(section: TlsSection): Pick<ServerOptions, 'cert' | 'key' | 'ca' | 'minVersion'> {
  const files = {
    cert: read('tls.cert', section.cert),
    key: read('tls.key', section.key),
    ...(section.client_ca !== undefined && { ca: read('tls.client_ca', section.client_ca) }),
    minVersion: 'TLSv1.3' as const,
  }
  try {
    createSecureContext(files)
  } catch {
    throw new StartError('tls.cert and tls.key are not a certificate and its private key in PEM.')
  }
  return files
}

function read(name: string, reference: string): Buffer {
  const path = reference.slice('file:'.length)
  try {
    if (statSync(path).size > fileBytesMax)
      throw new StartError(`${name}: ${path} is larger than 1 MiB, so it is no PEM file of ours.`)
    return readFileSync(path)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${name}: ${path} cannot be read. Mount the file there, or correct the path.`)
  }
}

/** Changes when one of the files does; a file that is gone for a moment counts as a change of its own. */
function stamp(section: TlsSection): string {
  return [section.cert, section.key, section.client_ca ?? '']
    .map((reference) => statSync(reference.slice('file:'.length), { throwIfNoEntry: false }))
    .map((stat) => (stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : 'gone'))
    .join()
}
