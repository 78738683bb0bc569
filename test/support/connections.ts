import { connect, type Sql } from '../../lib/db/client.ts'
import type { TestDatabase } from './database.ts'

/** More connections to the database of the file, for what happens at the same time. */
export function useConnections({ settings }: Pick<TestDatabase, 'settings'>): () => Sql {
  const open: Sql[] = []

  afterAll(async () => {
    await Promise.all(open.map((sql) => sql.end({ timeout: 5 })))
  })

  return () => {
    const sql = connect(settings)
    open.push(sql)
    return sql
  }
}
