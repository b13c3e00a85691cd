import { CredentialRefused, type Credentials } from '@postern/credentials'
import { ToolError } from '@postern/errors'
import { isLoginRefused, type RotatingUrl, type StoreConfig } from '@postern/store'

const name = 'store.url'

/**
 * The text behind `store.url`, asked for every new connection, so that a rotated secret needs no restart. While a
 * rotation is under way, both its values will do: the one that is refused is followed by the other.
 */
export function storeUrl(config: StoreConfig, credentials: Credentials): { url?: RotatingUrl } {
  if (config.kind === 'sqlite') return {}
  return {
    url: {
      async use(open) {
        let refusal: unknown
        try {
          return await credentials.withRotation(name, async (secret) => {
            try {
              return await open(secret.reveal())
            } catch (error) {
              if (!isLoginRefused(error)) throw error
              refusal = error
              throw new CredentialRefused()
            }
          })
        } catch (error) {
          // The words of the database help an operator more than "no value is accepted".
          throw error instanceof ToolError && error.reason === 'credential' ? (refusal ?? error) : error
        }
      },
      async stands(url) {
        // Throws when the secret cannot be read now, which is no reason to give up a connection that works.
        await credentials.get(name)
        return credentials.matches(name, url)
      },
    },
  }
}
