import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Sql, Transaction } from './client.ts'

interface Migration {
  readonly number: number
  readonly name: string
  readonly text: string
  readonly sha256: string
}

interface MigrationRecord {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

/** Any number, as long as it is always this one. */
const lockKey = 7_235_112

/** Applies what is new in `folder`, a transaction each, and tells the names. Runs at the same time take turns. */
export async function migrate(sql: Sql, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const applied: string[] = []
  for (;;) {
    const name = await applyNext(sql, migrations)
    if (!name) return applied
    applied.push(name)
  }
}

export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(names.map((name, index) => readMigration(folder, name, index + 1)))
}

async function readMigration(folder: string, name: string, expected: number): Promise<Migration> {
  const digits = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]
  if (!digits) throw new Error(`${name} is not named like 0001_what_it_does.sql`)
  const number = Number(digits)
  if (number !== expected) {
    throw new Error(
      `${name} should have the number ${String(expected).padStart(4, '0')}: numbers have no gaps and no doubles`,
    )
  }
  const text = await readFile(path.join(folder, name), 'utf8')
  return { number, name, text, sha256: createHash('sha256').update(text).digest('hex') }
}

function applyNext(sql: Sql, migrations: readonly Migration[]): Promise<string | undefined> {
  return sql.begin(async (tx) => {
    await takeTurn(tx)
    // After the lock: a second run waits for the first, but nobody's queries wait long for a table.
    await tx`set local lock_timeout = '10s'`
    const next = findNext(migrations, await listRecords(tx))
    if (!next) return undefined
    await apply(tx, next)
    return next.name
  })
}

/** Held until the transaction ends. */
export async function takeTurn(tx: Transaction): Promise<void> {
  await tx`select pg_advisory_xact_lock(${lockKey})`
}

async function listRecords(tx: Transaction): Promise<MigrationRecord[]> {
  await tx`
    create table if not exists migrations (
      number integer primary key,
      name text not null,
      sha256 text not null,
      applied_at timestamptz not null default now()
    )
  `
  return tx<MigrationRecord[]>`select number, name, sha256 from migrations order by number`
}

/** Records beyond the last file are a later release's, which this one was rolled back from: they stay. */
function findNext(
  migrations: readonly Migration[],
  records: readonly MigrationRecord[],
): Migration | undefined {
  for (const record of records) {
    const migration = migrations[record.number - 1]
    if (!migration && record.number <= migrations.length)
      throw new Error(`${record.name} was applied, but its file is missing`)
    if (migration) requireSame(migration, record)
  }
  return migrations[records.length]
}

function requireSame(migration: Migration, record: MigrationRecord) {
  if (migration.name !== record.name) {
    throw new Error(`${record.name} was applied, but its file is missing; ${migration.name} has its number`)
  }
  if (migration.sha256 !== record.sha256) {
    throw new Error(`${record.name} was edited after it was applied: restore it and write a new migration`)
  }
}

async function apply(tx: Transaction, { number, name, text, sha256 }: Migration) {
  try {
    await tx.unsafe(text)
  } catch (cause) {
    throw new Error(`${name} failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  await tx`insert into migrations (number, name, sha256) values (${number}, ${name}, ${sha256})`
}
