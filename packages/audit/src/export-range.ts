import { isOf, isSigned, parseCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { publicKeys } from './checkpoint-key.ts'
import { type Finding, finding } from './finding.ts'
import { member, readLine } from './read-line.ts'
import type { CheckpointCopy, Trail } from './trail.ts'
import { type VerifyResult, verify } from './verify.ts'

export interface ExportOptions {
  readonly trail: Trail
  /** ISO 8601, included. */
  readonly since: string
  /** ISO 8601, excluded. */
  readonly until: string
  readonly publicKeys?: readonly string[]
  readonly signal?: AbortSignal
}

/** The first line of an export. */
export interface ExportHeader {
  readonly type: 'postern-audit-export'
  readonly v: 1
  readonly server: string
  readonly environment: string
  readonly sink: 'file' | 'postgres'
  readonly since: string
  readonly until: string
  readonly made: string
  /** Records of each chain, first and last. They reach on to the checkpoint that proves the asked ones. */
  readonly chains: readonly { readonly chain: string; readonly from: number; readonly to: number }[]
  /** The signed checkpoint that proves them, as it was written; absent where none was. */
  readonly checkpoint?: string
  readonly publicKeys: readonly string[]
}

export interface Export {
  /** What was found when the trail was verified for this export. */
  readonly verified: VerifyResult
  readonly header: ExportHeader
  /** The header and then the records, one line each, without line ends. */
  lines(): AsyncIterable<string>
}

/**
 * The records of a time range with their proof: as written, without a gap, up to a signed checkpoint. `verifyExport`
 * checks it with nothing else at hand than the public key.
 */
export async function exportRange(options: ExportOptions): Promise<Export> {
  const { trail, signal } = options
  const since = new Date(options.since).toISOString()
  const until = new Date(options.until).toISOString()
  const wanted = new Map<string, { from: number; to: number }>()
  const verified = await verify({
    trail,
    ...(options.publicKeys && { publicKeys: options.publicKeys }),
    ...(signal && { signal }),
    onRecord(line, chain) {
      const time = member(line, 'time') ?? ''
      if (time < since || time >= until) return
      const seq = readLine(line)?.seq ?? 0
      wanted.set(chain, { from: wanted.get(chain)?.from ?? seq, to: seq })
    },
  })

  const copies = await trail.checkpoints()
  const keys = options.publicKeys ?? copies.flatMap((copy) => copy.publicKeys)
  const proof = proving(trail, copies, keys, wanted)
  const chains = verified.chains.flatMap(({ chain, from, to }) => {
    if (to < from) return []
    const head = proof?.checkpoint.heads.find((one) => one.chain === chain)?.seq ?? 0
    const range = wanted.get(chain)
    // A chain without a wanted record gives one record, so that it is not missing.
    const end = Math.min(Math.max(range?.to ?? from, head), to)
    return [{ chain, from: range?.from ?? end, to: end }]
  })
  const header: ExportHeader = {
    type: 'postern-audit-export',
    v: 1,
    server: trail.server,
    environment: trail.environment,
    sink: trail.sink,
    since,
    until,
    made: new Date().toISOString(),
    chains,
    ...(proof && { checkpoint: proof.line }),
    publicKeys: [...new Set(keys)],
  }
  return { verified, header, lines: () => linesOf(trail, header, signal) }
}

/** The first signed checkpoint that covers all that is wanted, or else the newest. */
function proving(
  trail: Trail,
  copies: readonly CheckpointCopy[],
  pems: readonly string[],
  wanted: ReadonlyMap<string, { readonly to: number }>,
): { line: string; checkpoint: SignedCheckpoint } | undefined {
  const keys = publicKeys(pems)
  const all = copies
    .flatMap((copy) => copy.lines)
    .flatMap((line) => {
      const checkpoint = parseCheckpoint(line)
      return checkpoint && isOf(checkpoint, trail) ? [{ line, checkpoint }] : []
    })
    .sort((a, b) => (a.checkpoint.time < b.checkpoint.time ? -1 : 1))
  const covers = ({ checkpoint }: { checkpoint: SignedCheckpoint }) =>
    [...wanted].every(([chain, { to }]) => checkpoint.heads.some((head) => head.chain === chain && head.seq >= to))
  const signed = (one: { checkpoint: SignedCheckpoint }) => isSigned(one.checkpoint, keys)
  return all.find((one) => covers(one) && signed(one)) ?? all.findLast(signed)
}

async function* linesOf(trail: Trail, header: ExportHeader, signal: AbortSignal | undefined): AsyncGenerator<string> {
  yield JSON.stringify(header)
  for (const { chain, from, to } of header.chains)
    for await (const { lines } of trail.lines(chain)) {
      signal?.throwIfAborted()
      for (const line of lines) {
        const seq = readLine(line)?.seq ?? 0
        if (seq >= from && seq <= to) yield line
      }
    }
}

/**
 * Verifies an export.
 *
 * @param lines gives the lines of the file anew each time
 * @throws Error when this is no export
 */
export async function verifyExport(
  lines: () => AsyncIterable<string>,
  options: { readonly publicKeys?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<VerifyResult> {
  const header = await headerOf(lines())
  const result = await verify({ trail: exportTrail(header, lines), since: header.since, ...options })
  const found = [...missingAtBegin(header, result), ...(await foreign(header, lines())), ...unproven(result)]
  return found.length === 0 ? result : { ...result, exitCode: 1, findings: [...found, ...result.findings] }
}

/** Lines that belong to no chain of the export. */
async function foreign({ chains }: ExportHeader, lines: AsyncIterable<string>): Promise<Finding[]> {
  const known = new Set(chains.map(({ chain }) => chain))
  const findings: Finding[] = []
  let at = 0
  for await (const line of lines) {
    at += 1
    const chain = at === 1 ? undefined : (member(line, 'chain') ?? '')
    if (chain === undefined || known.has(chain) || findings.length === foreignMax) continue
    findings.push(finding('forged', chain || 'no chain', 1, `line ${at} belongs to no chain that the export names`))
  }
  return findings
}

const foreignMax = 10

/** Without a signature that fits, an export is a text that anybody can write. */
function unproven({ chains, findings }: VerifyResult): Finding[] {
  const [first] = chains
  if (first === undefined || chains.some(({ checkpoint }) => checkpoint !== undefined)) return []
  if (findings.some(({ kind }) => kind !== 'torn tail')) return []
  return [finding('bad checkpoint', first.chain, first.from, 'no signature proves this export')]
}

/** A chain of an export begins in the middle, so that nothing but the header tells where. */
function missingAtBegin(header: ExportHeader, { chains }: VerifyResult): Finding[] {
  return header.chains.flatMap(({ chain, from }) => {
    const report = chains.find((one) => one.chain === chain)
    if (report === undefined || report.to < report.from || report.from <= from) return []
    const what = `records ${from} to ${report.from - 1} are missing from the export`
    return [{ ...finding('gap', chain, from, what), through: report.from - 1 }]
  })
}

async function headerOf(lines: AsyncIterable<string>): Promise<ExportHeader> {
  for await (const line of lines) {
    const header = JSON.parse(line) as ExportHeader
    if (header.type === 'postern-audit-export' && header.v === 1) return header
    break
  }
  throw new Error('this is not an export of an audit trail')
}

/** An export read as a trail: it begins in the middle of chains, and one checkpoint proves all of it. */
function exportTrail(header: ExportHeader, lines: () => AsyncIterable<string>): Trail {
  const own: CheckpointCopy = {
    name: 'the export',
    lines: header.checkpoint === undefined ? [] : [header.checkpoint],
    publicKeys: header.publicKeys,
    kind: 'export',
    writable: true,
  }
  async function* linesOf(chain: string) {
    const own = `"chain":"${chain}"`
    let first = true
    for await (const line of lines()) {
      if (!first && line.includes(own)) yield { lines: [line], bytes: line.length }
      first = false
    }
  }
  return {
    server: header.server,
    environment: header.environment,
    sink: header.sink,
    name: 'export',
    partial: true,
    keyBeside: async () => false,
    chains: async () => header.chains.map(({ chain }) => chain),
    bytes: async () => 0,
    checkpoints: async () => [own],
    lines: linesOf,
    linesAfter: linesOf,
  }
}
