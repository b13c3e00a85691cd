/** What the `audit` of a bundle answers, as far as it is shown. */
export interface TrailReport {
  readonly sink: string
  readonly place: string
  readonly exit_code: number
  readonly records: number
  readonly chains: readonly {
    readonly chain: string
    readonly from: number
    readonly to: number
    readonly checkpoint: number | null
  }[]
  readonly findings: readonly Finding[]
  readonly open: readonly { readonly request: string; readonly time: string; readonly target: string }[]
  readonly holds: readonly Hold[]
  readonly checkpoints: number
  readonly unreadable_checkpoints: number
  readonly undetectable: readonly { readonly kinds: readonly string[]; readonly why: string }[]
}

interface Finding {
  readonly kind: string
  readonly chain: string
  readonly seq: number
  readonly through?: number
  readonly what: string
}

export interface Hold {
  readonly id: string
  readonly reason: string
  readonly by: string
  readonly since: string
}

interface Of {
  readonly server: string
  readonly environment: string
}

export interface VerifyAnswer extends Of {
  readonly export?: { readonly since: string; readonly until: string; readonly made: string }
  readonly trails: readonly TrailReport[]
}

export type Row = Readonly<Record<string, string | number>>

export interface QueryAnswer extends Of {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  readonly total: number
  readonly verified: TrailReport
}

export interface HashAnswer extends Of {
  readonly hashes: readonly { readonly key_id: string; readonly of: string; readonly hmac: string }[]
}

export interface ExportAnswer extends Of {
  readonly file: string
  readonly records: number
  readonly since: string
  readonly until: string
  readonly signed: boolean
  readonly verified: TrailReport
}

export interface PruneAnswer extends Of {
  readonly retention: string
  readonly trails: readonly {
    readonly place: string
    readonly holds: readonly Hold[]
    readonly kept_from: Readonly<Record<string, number>>
    readonly refused?: string
  }[]
}

export interface HoldAnswer extends Of {
  readonly holds: readonly Hold[]
}
