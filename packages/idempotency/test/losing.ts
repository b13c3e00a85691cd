import { ToolError } from '@postern/errors'
import type { Store } from '@postern/store'

/** A store whose next commit reaches the disk, while its acknowledgement is lost on the way back (fault point K7). */
export function losing(store: Store): { readonly store: Store; loseCommit(nth: number): void } {
  let left = 0
  return {
    loseCommit(nth) {
      left = nth
    },
    store: {
      ...store,
      async begin(options) {
        const open = await store.begin(options)
        return {
          ...open,
          async commit() {
            await open.commit()
            left -= 1
            if (left === 0)
              throw new ToolError('UPSTREAM_UNAVAILABLE', 'outcome_unknown', 'The store was lost while committing.')
          },
        }
      },
    },
  }
}
