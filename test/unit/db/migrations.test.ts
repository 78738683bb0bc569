import path from 'node:path'
import { readMigrations } from '../../../lib/db/migrate.ts'

test('the migrations are numbered without a gap or a double', async () => {
  const migrations = await readMigrations(path.resolve('lib/db/migrations'))

  expect(migrations.length).toBeGreaterThan(0)
})
