import type { Kysely } from 'kysely'
import type { EngineName } from './engine.ts'

/**
 * One step of a component's tables. Steps only expand: they add tables, columns that may be absent, and indexes, so
 * that code of yesterday keeps working on the tables of today. Anything else is refused when it runs.
 */
export interface Migration {
  /** Who owns the tables: a package's or a server's name. */
  readonly component: string
  /** 1, 2, 3 … within the component. A published step never changes. */
  readonly number: number
  readonly name: string
  /** Builds with `db.schema` and `column`. Runs in a transaction of its own. */
  up(db: Kysely<unknown>, engine: EngineName): Promise<void>
  /**
   * The step of this component that code has to know to work on the tables from here on; default 0, any code. Older
   * code refuses to start.
   */
  readonly oldestCode?: number
}
