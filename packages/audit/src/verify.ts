import { ChainCheck, type ChainReport, type Expected } from './chain-check.ts'
import { expectations } from './expectations.ts'
import { type Finding, finding } from './finding.ts'
import type { Hold } from './legal-hold.ts'
import { member, readLine } from './read-line.ts'
import { slotOf } from './segment.ts'
import { type CutChain, type IsSigned, type OpenIntent, Storyline } from './storyline.ts'
import type { Trail } from './trail.ts'
import { type Undetectable, undetectable } from './undetectable.ts'

export interface VerifyOptions {
  readonly trail: Trail
  /**
   * Public keys of the checkpoints (PEM), kept where the writer of the log cannot reach them. Without them, those that
   * lie beside the checkpoints are believed.
   */
  readonly publicKeys?: readonly string[]
  /** Leaves out whole stretches of records older than this (ISO 8601); the rest is verified from there on. */
  readonly since?: string
  readonly onProgress?: (doneBytes: number, allBytes: number) => void
  /** Gets every record that is verified. */
  readonly onRecord?: (line: string, chain: string) => void
  readonly signal?: AbortSignal
}

export interface VerifyResult {
  /** 0 intact, 1 tampered with, 2 nothing there to verify, 3 intact up to a torn tail, which the next start repairs. */
  readonly exitCode: 0 | 1 | 2 | 3
  readonly findings: readonly Finding[]
  readonly chains: readonly ChainReport[]
  /** Records that can be relied on. */
  readonly records: number
  /** Writes without a recorded end: running, or left by a crash and not taken up yet. Compare with `postern writes list`. */
  readonly open: readonly OpenIntent[]
  /** Legal holds in force. */
  readonly holds: readonly Hold[]
  readonly checkpoints: number
  readonly unreadableCheckpoints: number
  /** What could have been done unseen, given where checkpoints and keys lie. */
  readonly undetectable: readonly Undetectable[]
}

/** Reads a whole trail and says whether it is what was written, and if not, where it was changed first and how. */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { trail } = options
  // Checkpoints come first: a running writer only adds records, so none of these may name one that is not there yet.
  const copies = await trail.checkpoints()
  const trusted = options.publicKeys ?? copies.flatMap((copy) => copy.publicKeys)
  const expected = expectations(trail, copies, trusted)
  const chains = await trail.chains()
  const story = new Storyline()
  const reports: (ChainReport & { readonly whole: boolean })[] = []
  const progress = { done: 0, all: options.onProgress ? await trail.bytes() : 0 }

  for (const chain of chains)
    reports.push(
      await follow(chain, new ChainCheck(chain, expected.byChain.get(chain) ?? [], trail), story, options, progress),
    )

  const unsigned = story.unsigned.flatMap((stretch) => shortened(stretch, expected.byChain.get(stretch.chain) ?? []))
  const isSigned: IsSigned = (chain, seq) =>
    seq <= (reports.find((report) => report.chain === chain)?.checkpoint?.seq ?? 0) &&
    !unsigned.some((stretch) => stretch.chain === chain && stretch.from <= seq && seq <= stretch.to)
  const findings = [
    ...missingChains(trail, chains, expected.byChain),
    ...missingCheckpoints(expected.checkpoints, chains[0], story),
    ...reports.flatMap((report) => [...report.findings, ...missingBegin(report, story, isSigned)]),
    ...(trail.sink === 'file' ? story.cut.flatMap((cut) => cutWhileWritten(cut, reports)) : []),
    ...story.findings,
  ]
  const reliable = reports.map((report) => upToFirst(report, findings))
  return {
    exitCode: exitCode(findings, chains.length),
    findings: findings.sort((a, b) => Number(a.kind === 'torn tail') - Number(b.kind === 'torn tail')),
    chains: reliable,
    records: reliable.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0),
    open: story.open,
    holds: story.holds(isSigned),
    checkpoints: expected.checkpoints,
    unreadableCheckpoints: expected.unreadable,
    undetectable: undetectable({
      copies,
      reports: reliable,
      unsigned,
      checkpoints: expected.checkpoints,
      keyBeside: await trail.keyBeside(),
      keysGiven: options.publicKeys !== undefined,
    }),
  }
}

async function follow(
  chain: string,
  check: ChainCheck,
  story: Storyline,
  { trail, since, onRecord, onProgress, signal }: VerifyOptions,
  progress: { done: number; readonly all: number },
): Promise<ChainReport & { readonly whole: boolean }> {
  let torn = 0
  let begin: string | undefined
  const misnamed: Finding[] = []
  for await (const { lines, bytes, tornBytes = 0, first } of trail.lines(chain, since)) {
    signal?.throwIfAborted()
    misnamed.push(...wrongName(chain, lines[0], first, begin === undefined))
    begin ??= lines[0]
    for (const line of lines) {
      const head = check.push(line)
      if (head === undefined) continue
      story.record(chain, head, line)
      onRecord?.(line, chain)
    }
    torn += tornBytes
    progress.done += bytes
    onProgress?.(progress.done, progress.all)
  }
  const report = check.finish(torn)
  // Where the oldest record is younger than what was asked for, nothing was left out for being older.
  const began = since !== undefined && (member(begin ?? '', 'time') ?? '') < since
  const whole = trail.partial !== true && !began && (since === undefined || trail.sink === 'file')
  // A broken chain explains why a segment begins elsewhere.
  const broken = report.findings.some(({ kind }) => kind !== 'torn tail' && kind !== 'bad checkpoint')
  return { ...report, findings: [...report.findings, ...(broken ? [] : misnamed.slice(0, 1))], whole }
}

/** Pruning goes by the names of segments: one that lies would have records removed that are young. */
function wrongName(
  chain: string,
  line: string | undefined,
  first: number | undefined,
  beginsChain: boolean,
): Finding[] {
  const seq = line === undefined ? undefined : readLine(line)?.seq
  if (seq === undefined || first === undefined || seq === first) return []
  if (beginsChain && seq > first)
    return [{ ...finding('gap', chain, first, `records ${first} to ${seq - 1} are missing`), through: seq - 1 }]
  return [finding('forged', chain, seq, `the name of its segment says that record ${first} is its first`)]
}

/** Chains that a signed checkpoint names, and numbers that were skipped: processes take the lowest free one. */
function missingChains(
  { server, partial = false }: Pick<Trail, 'server' | 'partial'>,
  chains: readonly string[],
  expected: ReadonlyMap<string, readonly { isSigned(): boolean }[]>,
): Finding[] {
  const there = new Set(chains)
  const named = [...expected].flatMap(([chain, list]) => (list.some((one) => one.isSigned()) ? [chain] : []))
  const highest = Math.max(-1, ...chains.map((chain) => slotOf(chain, server) ?? -1))
  const numbered = partial ? [] : Array.from({ length: highest + 1 }, (_, n) => `${server}-${n}`)
  return [...new Set([...named, ...numbered])]
    .filter((chain) => !there.has(chain))
    .map((chain) => finding('missing chain', chain, 1, `all records of ${chain} are gone`))
}

/**
 * What the writer itself had noticed: records that it had written were gone. In PostgreSQL a crash of the database may
 * take the last reads, so there it proves nothing.
 */
function cutWhileWritten({ chain, at, told }: CutChain, reports: readonly ChainReport[]): Finding[] {
  const report = reports.find((one) => one.chain === chain)
  const first = told.chain === chain ? told.seq : (report?.to ?? 0) + 1
  if (first > at) return []
  const what = `records ${first} to ${at} were removed while their writer was running, as it says in ${told.chain} at ${told.seq}`
  return [{ ...finding('truncated', chain, first, what), through: at }]
}

/** A server signs within seconds of its start. */
const unsignedMsMax = 10 * 60 * 1000

function missingCheckpoints(checkpoints: number, chain: string | undefined, { since, until }: Storyline): Finding[] {
  if (chain === undefined || checkpoints > 0 || !(Date.parse(until) - Date.parse(since) > unsignedMsMax)) return []
  return [finding('bad checkpoint', chain, 1, 'there is no checkpoint at all, although the server had time to sign')]
}

/**
 * The writer that took the chain up may not have known what had signed it: a key of before, a place that was away. What
 * the chain's own writer signed of the stretch was signed before it was taken up.
 */
function shortened(stretch: Storyline['unsigned'][number], expected: readonly Expected[]): (typeof stretch)[] {
  const { from, to } = stretch
  const signed = expected.findLast(({ seq, byWriter, isSigned }) => byWriter && seq >= from && seq <= to && isSigned())
  if (signed === undefined) return [stretch]
  return signed.seq === to ? [] : [{ ...stretch, from: signed.seq + 1 }]
}

/** What stands behind the first finding of a chain proves nothing. */
function upToFirst(report: ChainReport, findings: readonly Finding[]): ChainReport {
  const broken = findings.filter(({ kind, chain }) => chain === report.chain && !aboutNoRecord.has(kind))
  const to = Math.max(report.from - 1, Math.min(report.to, ...broken.map(({ seq }) => seq - 1)))
  const { checkpoint } = report
  return { ...report, to, checkpoint: checkpoint && checkpoint.seq <= to ? checkpoint : undefined }
}

/** They say something about a checkpoint, or about what stands behind the last record. */
const aboutNoRecord: ReadonlySet<Finding['kind']> = new Set(['bad checkpoint', 'torn tail', 'truncated', 'gap'])

/** A chain that does not begin with record 1 has to have been pruned, and said so. */
function missingBegin(
  report: ChainReport & { readonly whole: boolean },
  story: Storyline,
  isSigned: IsSigned,
): Finding[] {
  const { chain, from, to } = report
  if (!report.whole || from === 1 || to < from) return []
  if (report.findings.some(({ kind }) => kind !== 'torn tail' && kind !== 'truncated')) return []
  if (story.prunedTo(chain, isSigned) >= from) return []
  return [
    {
      ...finding(
        'gap',
        chain,
        1,
        `records 1 to ${from - 1} are missing, and no signed record says that they were pruned`,
      ),
      through: from - 1,
    },
  ]
}

function exitCode(findings: readonly Finding[], chains: number): VerifyResult['exitCode'] {
  if (findings.some(({ kind }) => kind !== 'torn tail')) return 1
  if (findings.length > 0) return 3
  return chains === 0 ? 2 : 0
}
