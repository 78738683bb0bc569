import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { migrate } from '../../../lib/db/migrate.ts'
import { useDatabase } from '../../support/database.ts'
import { environmentOf, withDatabase } from '../../support/server.ts'

const { sql: admin, url, settings } = useDatabase()
const names = ['0001_first.sql', '0002_second.sql', '0003_third.sql']

let folder: string
let sql: Sql

const write = (name: string, text: string) => writeFile(path.join(folder, name), text)

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'veza-migrations-'))
  await write(names[0]!, 'create table first (id integer);\ninsert into first values (1);')
  await write(names[1]!, 'alter table first add column name text;')
  await write(names[2]!, 'create table third (id integer);')
  await admin`drop schema public cascade`
  await admin`create schema public`
  sql = connect(settings)
})

afterEach(async () => {
  await sql.end()
  await rm(folder, { recursive: true })
})

test('applies every file in order, once', async () => {
  await expect(migrate(sql, folder)).resolves.toEqual(names)
  await expect(migrate(sql, folder)).resolves.toEqual([])
  await expect(sql`select id, name from first`).resolves.toEqual([{ id: 1, name: null }])

  await write('0004_fourth.sql', 'drop table third;')
  await expect(migrate(sql, folder)).resolves.toEqual(['0004_fourth.sql'])
})

test('applies everything once when two run together', async () => {
  const other = connect(settings)

  const applied = await Promise.all([migrate(sql, folder), migrate(other, folder)])
  await other.end()

  expect(applied.flat().toSorted()).toEqual(names)
  await expect(sql`select id from first`).resolves.toEqual([{ id: 1 }])
})

test('a file that fails leaves nothing of itself, and what was before it stays', async () => {
  await write(names[1]!, "insert into first values (2); select 'x'::integer;")

  await expect(migrate(sql, folder)).rejects.toThrow(/^0002_second\.sql failed: invalid input syntax/)

  await expect(sql`select name from migrations`).resolves.toEqual([{ name: names[0] }])
  await expect(sql`select id from first`).resolves.toEqual([{ id: 1 }])
})

describe('refuses', () => {
  test('a file that was edited after it was applied', async () => {
    await migrate(sql, folder)
    await write(names[1]!, 'alter table first add column name varchar;')
    await expect(migrate(sql, folder)).rejects.toThrow('0002_second.sql was edited after it was applied')
  })

  test('another file in the place of an applied one', async () => {
    await migrate(sql, folder)
    await rm(path.join(folder, names[1]!))
    await write('0002_other.sql', 'select 1;')
    await expect(migrate(sql, folder)).rejects.toThrow(
      '0002_second.sql was applied, but its file is missing; 0002_other.sql has its number',
    )
  })

  test.each([
    {
      name: 'a gap in the numbers',
      file: '0005_fifth.sql',
      words: '0005_fifth.sql should have the number 0004',
    },
    {
      name: 'a number used twice',
      file: '0002_again.sql',
      words: '0002_second.sql should have the number 0003',
    },
    { name: 'a name without a number', file: 'notes.sql', words: 'notes.sql is not named like' },
  ])('$name, before it touches the database', async ({ file, words }) => {
    await write(file, 'select 1;')

    await expect(migrate(sql, folder)).rejects.toThrow(words)

    const tables = await sql`select from information_schema.tables where table_schema = 'public'`
    expect(tables).toHaveLength(0)
  })
})

test('lets a release run that was rolled back from a later one', async () => {
  await migrate(sql, folder)
  await rm(path.join(folder, names[2]!))

  await expect(migrate(sql, folder)).resolves.toEqual([])
})

test('gives up soon when somebody holds the table', async () => {
  await migrate(sql, folder)
  await write('0004_fourth.sql', "set local lock_timeout = '100ms'; alter table first add column more text;")
  let release = () => {}
  const holding = admin.begin(async (tx) => {
    await tx`lock table first in access exclusive mode`
    await new Promise<void>((resolve) => {
      release = resolve
    })
  })
  while (
    (await sql`select from pg_locks where mode = 'AccessExclusiveLock' and relation = 'first'::regclass`)
      .length === 0
  );

  await expect(migrate(sql, folder)).rejects.toThrow('lock timeout')
  release()
  await holding
  await expect(migrate(sql, folder)).resolves.toEqual(['0004_fourth.sql'])
})

describe('the migrate function', () => {
  const before = { ...process.env }

  beforeEach(() => {
    Object.assign(process.env, {
      ...environmentOf(withDatabase(url, settings.database)),
      APP_DATABASE_USER: `app_${settings.database}`,
    })
  })

  afterEach(async () => {
    process.env = { ...before }
    await admin`drop owned by ${admin(`app_${settings.database}`)}`
    await admin`drop role ${admin(`app_${settings.database}`)}`
  })

  test('applies the migrations of the sources, and again nothing', async () => {
    const { handler } = await import('../../../functions/migrate/handler.ts')
    const files = (await readdir('lib/db/migrations')).toSorted()

    const [one, other] = await Promise.all([handler(), handler()])

    expect([...one.applied, ...other.applied].toSorted()).toEqual(files)
    await expect(handler()).resolves.toEqual({ applied: [] })
  })

  test('lets the application use the tables, and not change them', async () => {
    const { handler } = await import('../../../functions/migrate/handler.ts')
    await handler()

    await sql.begin(async (tx) => {
      await tx`set local role ${tx(process.env.APP_DATABASE_USER!)}`
      await tx`insert into outbox (type, payload) values ('a', '{}')`
      await tx`delete from outbox`
      for (const forbidden of ['drop table outbox', 'create table mine ()', 'delete from migrations']) {
        await expect(tx.savepoint((inner) => inner.unsafe(forbidden))).rejects.toMatchObject({
          code: '42501',
        })
      }
    })
  })
})

test('the files of the sources apply to an empty database', async () => {
  await cp(path.resolve('lib/db/migrations'), folder, { recursive: true, force: true })
  for (const name of names) await rm(path.join(folder, name))

  await expect(migrate(sql, folder)).resolves.toEqual((await readdir(folder)).toSorted())
})
