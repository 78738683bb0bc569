import type { Db } from './client.ts'

export interface Sweep {
  readonly table: string
  /** The column that identifies a row. */
  readonly key: string
  /** A condition; the table needs an index that serves it. */
  readonly isOver: ReturnType<Db>
  readonly limit?: number
}

/** Deletes some of the rows that are over, but for those that a request has in hand; answers how many. */
export async function sweep(db: Db, { table, key, isOver, limit = 1000 }: Sweep): Promise<number> {
  const { count } = await db`
    delete from ${db(table)}
    where ${db(key)} in (
      select ${db(key)} from ${db(table)} where ${isOver} limit ${limit} for update skip locked
    )
  `
  return count
}
