import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKit, type Place, type Schema, wholeEntries, writeEntry } from './child.test-kit.ts'
import { column } from './column.ts'
import type { Migration } from './migration.ts'
import type { Store } from './store.ts'
import { isLockTimeout, isUniqueViolation, StoreFault } from './store-fault.ts'

/** What holds for every engine. `fresh` names a store that is still empty. */
export function contractSuite(fresh: () => Promise<Place>): void {
  describe('values and statements', () => {
    let store: Store
    const db = () => store.query<{ v: Values }>()
    interface Values {
      id: string
      number: number | bigint | null
      bytes: Uint8Array | null
      flag: number | null
    }
    const none = { number: null, bytes: null, flag: null }
    const find = (id: string) => db().selectFrom('v').selectAll().where('id', '=', id).executeTakeFirst()

    beforeAll(async () => {
      store = await openKit(await fresh(), { migrations: [values] })
    })
    afterAll(() => store.close())

    it.each(['', 'plain', "it's; --", 'Ünïcode 漢字', '👩‍👩‍👧', '\u0001\t\n', 'x'.repeat(100_000)])(
      'keeps text %#',
      async (id) => {
        await db()
          .insertInto('v')
          .values({ id, ...none })
          .execute()
        expect(await find(id)).toEqual({ id, ...none })
      },
    )

    it.each([0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('keeps the integer %d', async (number) => {
      const id = `n${number}`
      await db()
        .insertInto('v')
        .values({ ...none, id, number, flag: 1 })
        .execute()
      expect(await find(id)).toEqual({ id, number, flag: 1, bytes: null })
    })

    it('refuses to read an integer that a number cannot hold', async () => {
      await db()
        .insertInto('v')
        .values({ ...none, id: 'unsafe', number: 2n ** 53n })
        .execute()
      await expect(find('unsafe')).rejects.toThrow(RangeError)
    })

    it('keeps bytes, none included', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      await db()
        .insertInto('v')
        .values([
          { ...none, id: 'b0', bytes: new Uint8Array() },
          { ...none, id: 'b1', bytes: all },
        ])
        .execute()
      expect(Buffer.from((await find('b0'))?.bytes ?? [1])).toEqual(Buffer.alloc(0))
      expect(Buffer.from((await find('b1'))?.bytes ?? [])).toEqual(Buffer.from(all))
      expect((await find('b1'))?.bytes).toBeInstanceOf(Uint8Array)
    })

    it('refuses what one engine would take and the other would not', async () => {
      const insert = (id: unknown, number: unknown) =>
        sql`insert into v (id, number) values (${id}, ${number})`.execute(store.query())
      await expect(insert('a\u0000b', 1)).rejects.toMatchObject({ code: 'VALIDATION_ERROR', reason: 'rule' })
      for (const value of [undefined, true, new Date(0), {}, Number.NaN])
        await expect(insert('odd', value)).rejects.toThrow(TypeError)
      for (const value of ['text', 1.5]) await expect(insert('odd', value)).rejects.toThrow()
      await expect(sql.raw('select 1; select 2').execute(store.query())).rejects.toThrow(TypeError)
      expect(await find('odd')).toBeUndefined()
    })

    it('compares text by code point and tells upper from lower case', async () => {
      const ids = ['sort Z', 'sort a', 'sort É', 'sort é', 'sort _']
      await db()
        .insertInto('v')
        .values(ids.map((id) => ({ id, ...none })))
        .execute()
      const sorted = await db().selectFrom('v').select('id').where('id', 'like', 'sort %').orderBy('id').execute()
      expect(sorted.map(({ id }) => id)).toEqual(['sort Z', 'sort _', 'sort a', 'sort É', 'sort é'])
      expect(await db().selectFrom('v').select('id').where('id', 'like', 'SORT %').execute()).toEqual([])
    })

    it('reads and writes with statements of raw text, and divides integers as integers', async () => {
      await sql`insert into v (id, number) values (${'raw'}, ${7})`.execute(store.query())
      const half = sql<{ half: number }>`select number / ${2} as half from v where id = ${'raw'}`
      expect((await half.execute(store.query())).rows).toEqual([{ half: 3 }])
      const total = db()
        .selectFrom('v')
        .select((build) => build.fn.sum('number').as('total'))
        .where('id', '=', 'raw')
      expect(await total.execute()).toEqual([{ total: 7 }])
      const { numAffectedRows } = await sql`update v set flag = 1 where id = 'raw'`.execute(store.query())
      expect(numAffectedRows).toBe(1n)
      expect(await db().selectFrom('v').select('flag').distinct().where('flag', '=', 1).execute()).toEqual([
        { flag: 1 },
      ])
    })

    it('gives aggregates and truth values as numbers', async () => {
      const { rows } = await sql`select count(*) c, sum(number) s, exists (select 1) e, max(id) m
        from (select 1 as number, 'a' as id union all select 2, 'b') as t`.execute(store.query())
      expect(rows).toEqual([{ c: 2, s: 3, e: 1, m: 'b' }])
    })

    it('returns rows from writes, counts changes, and takes what is there already', async () => {
      const insert = db()
        .insertInto('v')
        .values({ ...none, id: 'conflict', number: 4100 })
      expect(await insert.returning('number').execute()).toEqual([{ number: 4100 }])
      expect(await insert.onConflict((on) => on.doNothing()).executeTakeFirst()).toMatchObject({
        numInsertedOrUpdatedRows: 0n,
      })
      const raise = insert.onConflict((on) => on.column('id').doUpdateSet({ number: sql`v.number + ${41}` }))
      expect(await raise.returning('number').execute()).toEqual([{ number: 4141 }])
      expect(
        await db().updateTable('v').set({ flag: 1 }).where('id', '=', 'conflict').executeTakeFirst(),
      ).toMatchObject({ numUpdatedRows: 1n })
      expect(await db().deleteFrom('v').where('id', '=', 'nobody').executeTakeFirst()).toMatchObject({
        numDeletedRows: 0n,
      })
    })

    it('tells a key that exists from other failures', async () => {
      const insert = () =>
        db()
          .insertInto('v')
          .values({ ...none, id: 'twice', number: 77 })
          .execute()
      await insert()
      await expect(insert()).rejects.toSatisfy(isUniqueViolation)
      await expect(
        db()
          .insertInto('v')
          .values({ ...none, id: 'other', number: 77 })
          .execute(),
      ).rejects.toSatisfy(isUniqueViolation)
      await expect(sql`insert into nowhere values (1)`.execute(store.query())).rejects.not.toSatisfy(isUniqueViolation)
    })

    it('tells the time of the database, which passes within a transaction', async () => {
      const before = Date.now()
      await store.transaction(async (transaction) => {
        const read = async () =>
          (await sql<{ now: number }>`select ${store.now} as now`.execute(store.within(transaction))).rows[0]?.now ?? 0
        const first = await read()
        expect(Number.isSafeInteger(first)).toBe(true)
        expect(Math.abs(first - before)).toBeLessThan(60_000)
        const readings = new Set([first])
        for (let tries = 0; readings.size < 4 && tries < 10_000; tries++) readings.add(await read())
        expect(readings.size).toBe(4)
        expect([...readings].toSorted((a, b) => a - b)).toEqual([...readings])
        expect([...readings].some((reading) => reading % 1000 !== 0)).toBe(true)
      })
    })
  })

  describe('transactions', () => {
    let store: Store
    const ids = async () => [...(await wholeEntries(store))].sort()
    const entry = (id: string) => ({ id, body: '', length: 0 })

    beforeAll(async () => {
      store = await openKit(await fresh())
    })
    afterAll(() => store.close())

    it('keeps all or nothing', async () => {
      await writeEntry(store, 'kept')
      const failure = new Error('no')
      const failing = store.transaction(async (transaction) => {
        await store.within<Schema>(transaction).insertInto('entries').values(entry('gone')).execute()
        throw failure
      })
      await expect(failing).rejects.toBe(failure)
      expect(await ids()).toEqual(['kept'])
    })

    it('lets others read what was committed while one is open', async () => {
      const open = await store.begin()
      await store.within<Schema>(open.transaction).insertInto('entries').values(entry('draft')).execute()
      const read = async () => {
        const raw = await sql<{ id: string }>`select id from entries where id = 'draft'`.execute(store.query())
        return [
          ...(await store.query<Schema>().selectFrom('entries').where('id', '=', 'draft').select('id').execute()),
          ...raw.rows,
        ]
      }
      expect(await read()).toEqual([])
      await store.ping()
      await open.rollback()
      expect(await read()).toEqual([])
    })

    it('queues a write behind an open transaction, or lets it pass', async () => {
      const open = await store.begin()
      await store.within<Schema>(open.transaction).insertInto('entries').values(entry('first')).execute()
      const second = store.query<Schema>().insertInto('runs').values({ step: 1000 }).execute()
      await open.commit()
      await second
      await store.query<Schema>().deleteFrom('entries').where('id', '=', 'first').execute()
      expect(
        await store.query<Schema>().selectFrom('runs').selectAll().where('step', '=', 1000).execute(),
      ).toHaveLength(1)
    })

    it('shows at once what was committed without waiting for the disk', async () => {
      const { transaction, commit } = await store.begin({ durable: false, lockWaitMs: 1_000 })
      await store.within<Schema>(transaction).insertInto('runs').values({ step: 900 }).execute()
      await commit()
      const rows = await store.query<Schema>().selectFrom('runs').selectAll().where('step', '=', 900).execute()
      expect(rows).toHaveLength(1)
      if (store.engine === 'sqlite') return
      const mode = async (durable: boolean) =>
        store.transaction(
          async (own) =>
            (await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(store.within(own))).rows,
          { durable },
        )
      expect(await mode(false)).toEqual([{ synchronous_commit: 'off' }])
      expect(await mode(true)).toEqual([{ synchronous_commit: 'on' }])
    })

    it('gives up on a lock after lockWaitMs, and has changed nothing', async () => {
      await store.query<Schema>().insertInto('runs').values({ step: 2000 }).execute()
      const change = async (transaction: Parameters<Store['within']>[0]) => {
        await store
          .within<Schema>(transaction)
          .updateTable('runs')
          .set({ step: 2001 })
          .where('step', '=', 2000)
          .execute()
      }
      const open = await store.begin()
      await change(open.transaction)
      await expect(store.transaction(change, { lockWaitMs: 30 })).rejects.toSatisfy(isLockTimeout)
      await open.rollback()
      expect(
        await store.query<Schema>().selectFrom('runs').selectAll().where('step', '=', 2000).execute(),
      ).toHaveLength(1)
      await store.transaction(change, { lockWaitMs: 30 })
    })

    it('only rolls back after a failed statement', async () => {
      const open = await store.begin()
      const db = store.within<Schema>(open.transaction)
      await db.insertInto('entries').values(entry('half')).execute()
      await expect(db.insertInto('entries').values(entry('half')).execute()).rejects.toSatisfy(isUniqueViolation)
      await expect(db.selectFrom('entries').selectAll().execute()).rejects.toThrow('rolled back')
      await expect(open.commit()).rejects.toThrow('rolled back')
      expect(await ids()).toEqual(['kept'])
    })

    it('ends once', async () => {
      const open = await store.begin()
      const db = store.within<Schema>(open.transaction)
      await open.commit()
      await expect(db.selectFrom('entries').selectAll().execute()).rejects.toThrow('ended')
      await expect(open.commit()).rejects.toThrow('ended')
      await open.rollback()
    })

    it('belongs to its store', async () => {
      const other = await openKit(await fresh())
      const open = await other.begin()
      expect(() => store.within(open.transaction)).toThrow(TypeError)
      await open.rollback()
      await other.close()
    })

    it('loses no update of parallel callers, and none waits for itself', async () => {
      await store.query<Schema>().insertInto('runs').values({ step: 3000 }).execute()
      const callers = Array.from({ length: 30 }, () =>
        store.transaction(async (transaction) => {
          const db = store.within<Schema>(transaction)
          // Beside the transaction: with every connection in a transaction this would never get one.
          await store.query<Schema>().selectFrom('entries').selectAll().execute()
          const row = await db
            .selectFrom('runs')
            .selectAll()
            .where('step', '>=', 3000)
            .forUpdate()
            .executeTakeFirstOrThrow()
          await db
            .updateTable('runs')
            .set({ step: row.step + 1 })
            .where('step', '>=', 3000)
            .execute()
        }),
      )
      await Promise.all(callers)
      expect(await store.query<Schema>().selectFrom('runs').selectAll().where('step', '>=', 3000).execute()).toEqual([
        { step: 3030 },
      ])
    })
  })

  describe('processes', { timeout: 60_000 }, () => {
    it('five at once migrate once, agree on a secret and lose nothing', async () => {
      const place = await fresh()
      const printed = await Promise.all([1, 2, 3, 4, 5].map((name) => child(place, `p${name}`, 200).all))
      const acknowledged = printed.flatMap(([_, ...ids]) => ids)
      const store = await openKit(place, { migrate: 'check' })
      const found = await wholeEntries(store)
      expect(acknowledged).toHaveLength(1000)
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
      expect(found.size).toBe(1000)
      const steps = await store.query<Schema>().selectFrom('runs').select('step').orderBy('step').execute()
      expect(steps).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }])
      const secret = await store.secret('kit', 32)
      expect(printed.map(([first]) => first)).toEqual(Array(5).fill(secret.toString('hex')))
      await store.close()
    })

    it('killed in the middle of writes leave everything they acknowledged, and nothing torn', async () => {
      const place = await fresh()
      const acknowledged: string[] = []
      for (const [round, killAfter] of [1, 9, 60].entries()) {
        const writers = ['a', 'b'].map(async (name) => {
          const { lines, kill } = child(place, `${name}${round}`, 100_000)
          let seen = 0
          for await (const id of lines) {
            if (seen > 0) acknowledged.push(id)
            if (seen === killAfter) kill()
            seen += 1
          }
        })
        await Promise.all(writers)
        const store = await openKit(place)
        const found = await wholeEntries(store)
        expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
        await writeEntry(store, `after${round}`)
        await store.close()
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(140)
    })
  })

  it('keeps a secret', async () => {
    const place = await fresh()
    const store = await openKit(place)
    const secret = await store.secret('kit', 32)
    const copy = Buffer.from(secret)
    secret.fill(0)
    expect(await store.secret('kit', 32)).toEqual(copy)
    expect(await store.secret('other', 32)).not.toEqual(copy)
    await expect(store.secret('kit', 16)).rejects.toThrow('32 bytes')
    await store.close()
    const [again, other] = [await openKit(place), await openKit(place)]
    expect(await again.secret('kit', 32)).toEqual(copy)
    const [first, second] = await Promise.all([again.secret('close', 32), other.secret('close', 32)])
    expect(first).toEqual(second)
    await other.close()
    await again.close()
  })

  describe('migrations', () => {
    const step = (number: number, more: Partial<Migration> = {}): Migration => ({
      component: 'm',
      number,
      name: `step ${number}`,
      up: async (db) => {
        await db.schema.createTable(`m${number}`).addColumn('id', column.text).execute()
      },
      ...more,
    })
    const open = async (place: Place, migrations: readonly Migration[], migrate: 'run' | 'check' = 'run') => {
      const store = await openKit(place, { migrations, migrate })
      await store.close()
    }
    const refusal = async (opening: Promise<void>) => {
      const error = await opening.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', reason: 'store_down', cause: expect.any(StoreFault) })
      return String((error as Error).cause)
    }

    it('start older code where that still works, and refuse it with a sentence where not', async () => {
      const place = await fresh()
      await open(place, [step(1), step(2)])
      await open(place, [step(1)])
      await open(place, [])
      await open(place, [step(1), step(2), step(3, { oldestCode: 2 })])
      await open(place, [step(1), step(2)])
      const sentence = await refusal(open(place, [step(1)]))
      expect(sentence).toMatch(/newer version.*step 3 of m.*needs.*step 2.*knows 1/)
      expect(await refusal(open(place, [], 'check'))).toContain('newer version')
    })

    it('refuse to start without them when they may not be run', async () => {
      const place = await fresh()
      expect(await refusal(open(place, [step(1)], 'check'))).toMatch(/m 1 \(step 1\).*main\.mjs migrate/)
      await open(place, [step(1)])
      await open(place, [step(1)], 'check')
      expect(await refusal(open(place, [step(1), step(2)], 'check'))).toContain('m 2 (step 2)')
    })

    it('leave nothing of a step that fails', async () => {
      const place = await fresh()
      const failing = step(2, {
        async up(db) {
          await step(2).up(db, 'sqlite')
          throw new Error('half way')
        },
      })
      await expect(open(place, [step(1), failing])).rejects.toThrow('half way')
      await open(place, [step(1), step(2)])
    })

    it('run once when many ask at once', async () => {
      const place = await fresh()
      const stores = await Promise.all(Array.from({ length: 8 }, () => openKit(place)))
      expect(await stores[0]?.query<Schema>().selectFrom('runs').select('step').orderBy('step').execute()).toEqual([
        { step: 1 },
        { step: 2 },
        { step: 3 },
      ])
      await Promise.all(stores.map((store) => store.close()))
    })

    it('refuse a store of other code, and steps out of order', async () => {
      const place = await fresh()
      await open(place, [step(1)])
      expect(await refusal(open(place, [step(1, { name: 'other' })]))).toContain('other code')
      await expect(open(place, [step(1), step(3)])).rejects.toThrow('number 2')
      await expect(open(place, [step(1), step(1)])).rejects.toThrow('number 2')
    })

    it.each([
      ['drop table m1'],
      ['alter table m1 drop column id'],
      ['alter table m1 rename to m9'],
      ['alter table m1 rename column id to key'],
      ['alter table m1 alter column id type integer'],
      ['alter table m1 add column extra text not null'],
      ['drop index m1_index'],
      ['truncate m1'],
    ])('only expand: %s', async (statement) => {
      const place = await fresh()
      const shrinking = step(2, { up: async (db) => void (await sql.raw(statement).execute(db)) })
      await expect(open(place, [step(1), shrinking])).rejects.toThrow('migrations only expand')
    })

    it('may add columns, defaults and indexes', async () => {
      const expanding = step(2, {
        async up(db) {
          await db.schema.alterTable('m1').addColumn('drop', column.text).execute()
          await db.schema
            .alterTable('m1')
            .addColumn('kind', column.text, (kind) => kind.notNull().defaultTo('x'))
            .execute()
          await db.schema.createIndex('m1_id').on('m1').column('id').unique().execute()
        },
      })
      await open(await fresh(), [step(1), expanding])
    })
  })

  it('answers a ping until it is closed', async () => {
    const store = await openKit(await fresh())
    await store.ping()
    const reason = new Error('gone')
    await expect(store.ping(AbortSignal.abort(reason))).rejects.toBe(reason)
    await store.close()
    await store.close()
    await expect(store.ping()).rejects.toThrow('closed')
    await expect(store.begin()).rejects.toThrow('closed')
  })
}

const values: Migration = {
  component: 'values',
  number: 1,
  name: 'values',
  async up(db) {
    await db.schema
      .createTable('v')
      .addColumn('id', column.text, (id) => id.primaryKey())
      .addColumn('number', column.bigint, (number) => number.unique())
      .addColumn('bytes', column.blob)
      .addColumn('flag', column.boolean)
      .execute()
  },
}

/** A process that works on the store; `all` resolves with the lines it printed, once it ended well. */
function child(place: Place, name: string, count: number) {
  const file = fileURLToPath(new URL('./child.test-kit.ts', import.meta.url))
  const args = [file, JSON.stringify(place), name, `${count}`]
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: running.stdout })
  const ended = once(running, 'exit')
  return {
    lines,
    kill: () => running.kill('SIGKILL'),
    get all() {
      return (async () => {
        const printed: string[] = []
        for await (const line of lines) printed.push(line)
        const [code] = await ended
        if (code !== 0) throw new Error(`${name} ended with ${code}`)
        return printed
      })()
    },
  }
}
