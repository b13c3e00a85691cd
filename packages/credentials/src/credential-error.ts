/** A credential that makes a start impossible. `message` is one sentence for the person who started the server. */
export class CredentialError extends Error {
  readonly kind: 'reference' | 'unusable' | 'other_environment'
  /** Where the reference stands in the environment file, for example `backend.credential`. */
  readonly credential: string

  constructor(kind: CredentialError['kind'], credential: string, message: string) {
    super(message)
    this.name = 'CredentialError'
    this.kind = kind
    this.credential = credential
  }
}

/** Thrown by the function given to `withRotation` to say: the other side did not accept this secret. */
export class CredentialRefused extends Error {
  constructor(options?: { readonly cause?: unknown }) {
    super('the credential was not accepted', options)
    this.name = 'CredentialRefused'
  }
}
