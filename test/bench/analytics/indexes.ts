import type postgres from 'postgres'
import { takeIndexes } from '../catalogue/load.ts'

export interface Kept {
  readonly table: string
  /** How it is made anew. */
  readonly statement: string
}

/** Takes the keys and indexes of tables away and answers how to bring them back: built at once, they cost a fraction. */
export async function takeKeys(sql: postgres.Sql, tables: readonly string[]): Promise<readonly Kept[]> {
  const keys = await sql<(Kept & { name: string })[]>`
    select
      conname as name, conrelid::regclass::text as table,
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as statement
    from pg_constraint
    where conrelid = any(${tables as string[]}::regclass[]) and contype in ('p', 'u')
  `
  for (const { table, name } of keys) await sql`alter table ${sql(table)} drop constraint ${sql(name)}`
  const indexes = await takeIndexes(sql, tables)
  return [...keys, ...indexes.map(({ table, definition }) => ({ table, statement: definition }))]
}
