import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import postgres from 'postgres'
import { createPostgres, type Postgres } from '../../../infra/local/parts/postgres.ts'
import { isRunning } from '../../support/processes.ts'
import { findFreePort } from '../../support/server.ts'

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
let dataDir: string
let server: Postgres

const query = async <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(server.url, { max: 1, connect_timeout: 3 })
  return work(sql).finally(() => sql.end({ timeout: 1 }))
}

// A directory of mkdtemp may be entered by its owner only: as root, the server runs as somebody else.
beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'veza-postgres-test-'))
  server = createPostgres({ dataDir, port: await findFreePort(), logger })
  await server.start()
}, 60_000)
afterAll(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

it('is the PostgreSQL that is deployed, and says how to reach it', async () => {
  const [row] = await query(
    (sql) =>
      sql`select current_setting('server_version_num')::int / 10000 as major, current_database() as name`,
  )

  expect(row).toEqual({ major: 18, name: 'veza' })
  expect(server.env).toMatchObject({ PGHOST: '127.0.0.1', PGDATABASE: 'veza', PGSSLMODE: 'disable' })
})

it('keeps its data over a restart', async () => {
  await query((sql) => sql`create table kept as select 7 as n`)

  await server.restart()

  expect(await query((sql) => sql`select n from kept`)).toEqual([{ n: 7 }])
  expect(server.status).toEqual({ state: 'running' })
})

it('can be taken away and given back', async () => {
  await server.stop()
  await expect(query((sql) => sql`select 1`)).rejects.toThrow()

  await server.start()

  expect(await query((sql) => sql`select 1 as n`)).toEqual([{ n: 1 }])
})

it('leaves no process behind when one of its own hangs', async () => {
  const [{ pid } = {}] = await query(
    (sql) => sql`select pid from pg_stat_activity where backend_type = 'checkpointer'`,
  )
  process.kill(pid, 'SIGSTOP')

  await server.stop()

  expect(isRunning(pid)).toBe(false)
  await server.start()
  expect(await query((sql) => sql`select n from kept`)).toEqual([{ n: 7 }])
}, 60_000)

it('takes over from a server that a killed platform left behind', async () => {
  const second = createPostgres({ dataDir, port: await findFreePort(), logger })

  await second.start()

  expect(server.status).toMatchObject({ state: 'failed' })
  expect(second.status).toEqual({ state: 'running' })
  await second.stop()
})
