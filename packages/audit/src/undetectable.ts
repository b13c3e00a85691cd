import type { ChainReport } from './chain-check.ts'
import type { FindingKind } from './finding.ts'
import type { CheckpointCopy } from './trail.ts'

/** Tampering that would not have shown, and what would have to change for it to show. */
export interface Undetectable {
  readonly kinds: readonly FindingKind[]
  readonly why: string
}

export interface Circumstances {
  readonly copies: readonly CheckpointCopy[]
  readonly reports: readonly ChainReport[]
  readonly checkpoints: number
  readonly keyBeside: boolean
  readonly keysGiven: boolean
  /** Stretches that nobody had signed when their writer was gone. */
  readonly unsigned: readonly { readonly chain: string; readonly from: number; readonly to: number }[]
}

const rewriting: readonly FindingKind[] = ['truncated', 're-chained', 'missing chain']

/** Which kinds of tampering a clean result does not rule out. A hash chain alone proves no more than its own order. */
export function undetectable(circumstances: Circumstances): Undetectable[] {
  const { copies, reports, checkpoints, keyBeside, keysGiven, unsigned } = circumstances
  if (checkpoints === 0)
    return [
      {
        kinds: [...rewriting, 'forged'],
        why: 'There is no checkpoint: a cut tail, records added at the end, a full rewrite and a removed last chain do not show.',
      },
    ]
  return [...byPlace(copies, keyBeside), ...byKey(keysGiven), ...afterCheckpoint(reports), ...beforeTakeover(unsigned)]
}

function byPlace(copies: readonly CheckpointCopy[], keyBeside: boolean): Undetectable[] {
  if (copies.some((copy) => copy.kind === 'export'))
    return [
      {
        kinds: ['truncated', 'missing chain'],
        why: 'An export brings its own checkpoint and says itself what it holds: one that was exported earlier or begins later looks the same. Compare its range with what was asked for.',
      },
    ]
  const empty = copies.filter((copy) => copy.kind === 'apart' && copy.lines.length === 0)
  if (empty.length > 0)
    return [
      {
        kinds: rewriting,
        why: `${empty.map((copy) => copy.name).join(', ')} holds no checkpoint: it was emptied, is not mounted here, or has not been written to yet.`,
      },
    ]
  const apart = copies.filter((copy) => copy.kind === 'apart')
  if (apart.some((copy) => copy.writable === false)) return []
  const places = apart.map((copy) => copy.name).join(', ')
  const who =
    apart.length === 0
      ? 'Checkpoints lie only beside the records'
      : `The account that writes the records can write to ${places} too`
  if (apart.length > 0 && apart.every((copy) => copy.writable === 'unknown'))
    return [
      {
        kinds: rewriting,
        why: `Who may change or delete rows in ${places} can hide a full rewrite; let the writer only insert there.`,
      },
    ]
  return [
    keyBeside
      ? {
          kinds: rewriting,
          why: `${who}, and so does the key that signs them: who owns that account can rewrite everything and sign it anew. Set audit.checkpoints.key and copy_to to places out of its reach.`,
        }
      : {
          kinds: rewriting,
          why: `${who}: who owns that account can cut the records and the checkpoints back together. Set audit.checkpoints.copy_to to a place where it can only append.`,
        },
  ]
}

function byKey(keysGiven: boolean): Undetectable[] {
  if (keysGiven) return []
  return [
    {
      kinds: [...rewriting, 'forged'],
      why: 'The public key was taken from beside the checkpoints: who could replace both would not show. Keep a copy of the key and pass it to verify.',
    },
  ]
}

const stretchesShownMax = 5

/** What stood there unsigned, for as long as nobody ran, was signed by whoever came next. */
function beforeTakeover(unsigned: Circumstances['unsigned']): Undetectable[] {
  if (unsigned.length === 0) return []
  const shown = unsigned
    .slice(-stretchesShownMax)
    .map(({ chain, from, to }) => (from > to ? `${chain} behind ${to}` : `${chain} ${from}–${to}`))
  const more = unsigned.length > stretchesShownMax ? `${unsigned.length - stretchesShownMax} more, ` : ''
  return [
    {
      kinds: ['modified', 'gap', 'forged', 'truncated'],
      why: `These records were not signed yet when their writer was gone, and could be changed until the next one took the chain up: ${more}${shown.join(', ')}.`,
    },
  ]
}

/** What nobody has signed yet. */
function afterCheckpoint(reports: readonly ChainReport[]): Undetectable[] {
  const open = reports.filter((report) => report.to > (report.checkpoint?.seq ?? 0))
  if (open.length === 0) return []
  const where = open.map(({ chain, checkpoint, to }) => `${chain} ${(checkpoint?.seq ?? 0) + 1}–${to}`).join(', ')
  return [
    { kinds: ['truncated', 're-chained', 'forged'], why: `No checkpoint covers the newest records yet: ${where}.` },
  ]
}
