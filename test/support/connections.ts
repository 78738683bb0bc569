import { connect, type Sql } from '../../lib/db/client.ts'
import type { TestDatabase } from './database.ts'

/** Connections to the database of the file that are open already, so that what they do next meets. */
export function useConnections({ settings }: Pick<TestDatabase, 'settings'>) {
  const all: Sql[] = []

  afterAll(async () => {
    await Promise.all(all.map((sql) => sql.end({ timeout: 5 })))
  })

  return async (count: number): Promise<Sql[]> => {
    const opened = Array.from({ length: count }, () => connect(settings))
    all.push(...opened)
    await Promise.all(opened.map((sql) => sql`select 1`))
    return opened
  }
}
