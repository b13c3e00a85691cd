/** What can be wrong with a trail. All but `torn tail` mean that somebody changed it. */
export type FindingKind =
  | 'modified'
  | 'gap'
  | 'reordered'
  | 'forged'
  | 'truncated'
  | 're-chained'
  | 'missing chain'
  | 'fork'
  | 'heartbeat gap'
  | 'bad checkpoint'
  | 'torn tail'

export interface Finding {
  readonly kind: FindingKind
  readonly chain: string
  /** The first record that is wrong, missing or not to be trusted. */
  readonly seq: number
  /** The last one, where the finding is about a stretch. */
  readonly through?: number
  /** One line for people. */
  readonly what: string
}

export function finding(kind: FindingKind, chain: string, seq: number, what: string): Finding {
  return { kind, chain, seq, what }
}
