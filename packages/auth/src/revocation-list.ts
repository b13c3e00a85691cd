import { ChangingFile } from '@postern/credentials'
import type { Principal } from '@postern/tool'
import { IdentityError } from './identity-error.ts'

export type RevocationEvent =
  | { readonly kind: 'revocations_read'; readonly path: string; readonly entries: number }
  | { readonly kind: 'revocations_not_read'; readonly path: string; readonly reason: string }

const fileBytesMax = 4 * 1024 * 1024

/**
 * A file that ends tokens before they expire. One entry a line: the `jti` of a token (or the credential id that `whoami`
 * and the audit show for a token without one), or `sub:` and a subject, which ends all tokens of a person. `#` starts a
 * comment.
 *
 * It is read again within a second of a change. When it cannot be read any more, what it said last stays in force.
 */
export class RevocationList {
  readonly #file: ChangingFile
  readonly #onEvent: (event: RevocationEvent) => void
  #content: unknown
  #problem: string | undefined
  #entries: ReadonlySet<string> = new Set()

  /** @throws IdentityError when the file cannot be read: a start without it would accept what it revokes */
  constructor(path: string, now: () => number, onEvent: (event: RevocationEvent) => void) {
    this.#file = new ChangingFile(path, { bytesMax: fileBytesMax, now })
    this.#onEvent = onEvent
    this.#refresh()
    if (this.#problem !== undefined)
      throw new IdentityError(`identity.revoked: ${path} ${this.#problem}. Create it, empty if need be.`)
  }

  revokes(principal: Principal): boolean {
    this.#refresh()
    return this.#entries.has(principal.credentialId) || this.#entries.has(`sub:${principal.subject}`)
  }

  #refresh(): void {
    const content = this.#file.read()
    const { path } = this.#file
    if ('problem' in content) {
      if (content.problem !== this.#problem)
        this.#onEvent({ kind: 'revocations_not_read', path, reason: content.problem })
      this.#problem = content.problem
      return
    }
    this.#problem = undefined
    if (content === this.#content) return
    this.#content = content
    this.#entries = new Set(
      content.text
        .split('\n')
        .map(entryOf)
        .filter((entry) => entry !== ''),
    )
    this.#onEvent({ kind: 'revocations_read', path, entries: this.#entries.size })
  }
}

const entryOf = (line: string): string => (line.startsWith('#') ? '' : line.trim())
