/** One value of one credential, without the value. Plain JSON: it leaves the process that knows the secret. */
export interface CredentialStatus {
  /** Where the reference stands in the environment file. */
  readonly name: string
  readonly which: 'current' | 'next'
  readonly location: string
  /** Null when there is no value. */
  readonly id: string | null
  /** The environment it is tagged for, if it is. */
  readonly environment: string | null
  /** Since it was created, as `.meta.json` says, else since the file was written. Null for `env:`. */
  readonly ageSeconds: number | null
  /** ISO 8601, UTC. Null when no use is known. */
  readonly lastUsedAt: string | null
  /** This is the value that is tried first. */
  readonly inUse: boolean
  /** Why it cannot be used, as the end of a sentence that starts with the location. */
  readonly problem: string | null
  /** What should be better, in the same form. */
  readonly warning: string | null
}
