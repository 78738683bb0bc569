import { randomUUID } from 'node:crypto'
import { connect, type DatabaseSettings, type Sql } from '../../lib/db/client.ts'
import { settingsOf, templateName, withDatabase } from './server.ts'

export interface TestDatabase {
  readonly sql: Sql
  readonly url: string
  readonly settings: DatabaseSettings
}

/** A database of its own for one test file, copied from the migrated template. */
export function useDatabase(): TestDatabase {
  const serverUrl = process.env.TEST_DATABASE_URL
  if (!serverUrl) throw new Error('There is no test database: this test belongs in test/integration')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const url = withDatabase(serverUrl, name)
  const settings = settingsOf(url)
  const admin = connect({ ...settingsOf(serverUrl), queryDeadlineMs: 60_000 })
  const sql = connect(settings)

  beforeAll(async () => {
    await admin`create database ${admin(name)} template ${admin(templateName)}`
  }, 60_000)

  afterAll(async () => {
    await sql.end({ timeout: 5 })
    await admin`drop database ${admin(name)} with (force)`
    await admin.end()
  }, 60_000)

  return { sql, url, settings }
}
