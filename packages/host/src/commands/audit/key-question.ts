import { createPublicKey, hash } from 'node:crypto'
import type { FindingKind, VerifyResult } from '@postern/audit'
import type { OpenedTrails } from './opened-trails.ts'

/** What only a checkpoint with a good signature brings to light. */
const bySignature: readonly FindingKind[] = ['re-chained', 'truncated', 'missing chain']

/** A wrong key looks like tampering: where it fits no checkpoint at all, that is asked, on stderr. */
export function askAboutKey(server: string, { publicKeys }: OpenedTrails['trusted'], verified: VerifyResult): void {
  const { chains, findings } = verified
  const some = chains.some(({ checkpoint }) => checkpoint !== undefined)
  const bad = findings.some(({ kind }) => kind === 'bad checkpoint')
  if (publicKeys === undefined || some || !bad || findings.some(({ kind }) => bySignature.includes(kind))) return
  process.stderr.write(
    `${server}: no checkpoint was signed with ${publicKeys.map(idOf).join(' or ')}, the key of --public-key. Is this the right key? The files checkpoint-<id>.pub beside the checkpoints say which there were; after a change of keys, the old and the new one belong into one file.\n`,
  )
}

/** As it stands in checkpoints. */
function idOf(pem: string): string {
  return hash('sha256', createPublicKey(pem).export({ type: 'spki', format: 'der' })).slice(0, 16)
}
