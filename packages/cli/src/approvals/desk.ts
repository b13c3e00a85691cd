/** A request for approval, as far as it is shown. */
export interface Approval {
  readonly approval_id: string
  readonly state: string
  readonly environment: string
  readonly server: string
  readonly tenant: string
  readonly tool: string
  readonly title: string
  readonly summary: string
  readonly requester: { readonly issuer: string; readonly subject: string; readonly actor?: string }
  readonly approvers: readonly string[]
  readonly digest: string
  readonly requested_at: string
  readonly expires_at: string
  readonly decision?: {
    readonly by: { readonly issuer: string; readonly subject: string }
    readonly at: string
    readonly through: string
    readonly because?: string
  }
  readonly used_at?: string
}

export type Decision =
  | { readonly decision: 'approved' }
  | { readonly decision: 'denied'; readonly because?: string | undefined }

/** Where requests are seen and decided: over HTTP, or in the store of a server on this machine. */
export interface Desk {
  /** For people: whose requests these are. */
  readonly place: string
  /** How a command of this desk goes on, behind `npm run postern --`. */
  command(rest: string): string
  /** Newest first; without a state, all. */
  list(state: string | undefined): Promise<readonly Approval[]>
  show(id: string): Promise<Approval>
  decide(id: string, decision: Decision): Promise<Approval>
}
