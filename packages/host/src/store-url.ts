import type { Credentials } from '@postern/credentials'
import type { StoreConfig } from '@postern/store'

/** The text behind `store.url`, asked for every new connection, so that a rotated secret needs no restart. */
export function storeUrl(config: StoreConfig, credentials: Credentials): { url?: () => Promise<string> } {
  if (config.kind === 'sqlite') return {}
  return { url: async () => (await credentials.get('store.url')).current.reveal() }
}
