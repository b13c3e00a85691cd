import type { Store } from '@postern/store'

/** Names a store, so that nobody concludes from another one that a claim is gone. */
export async function storeMark(store: Store): Promise<string> {
  return (await store.secret('claims', 8)).toString('hex')
}
