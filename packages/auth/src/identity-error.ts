/** An identity that cannot be set up. `message` is one sentence for the person who started the server. */
export class IdentityError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'IdentityError'
  }
}
