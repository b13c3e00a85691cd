import type { PrunableTrail, VerifyResult } from '@postern/audit'

/** What `verify` found out about one trail, as JSON for programs. */
export function trailReport({ sink, name }: Pick<PrunableTrail, 'sink' | 'name'>, result: VerifyResult) {
  return {
    sink,
    place: name,
    exit_code: result.exitCode,
    records: result.records,
    chains: result.chains.map(({ chain, from, to, head, checkpoint }) => ({
      chain,
      from,
      to,
      head,
      checkpoint: checkpoint?.seq ?? null,
    })),
    findings: result.findings,
    open: result.open,
    holds: result.holds,
    checkpoints: result.checkpoints,
    unreadable_checkpoints: result.unreadableCheckpoints,
    undetectable: result.undetectable,
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** Tampering before absence, absence before a torn tail. */
export function worst(codes: readonly number[]): number {
  return [1, 2, 3].find((code) => codes.includes(code)) ?? 0
}
