import type { Db, Fragment } from '../../db/client.ts'

export interface Replacement {
  readonly table: string
  readonly keys: readonly string[]
  readonly values: readonly string[]
  /** Which rows of the table `t` are to be what the new ones say, and no others. */
  readonly within: Fragment
  /** A select of the keys and values. */
  readonly rows: Fragment
}

/** Makes a part of a table what it should be. What was right before is not written, as little is new each minute. */
export async function replaceRows(db: Db, { table, keys, values, within, rows }: Replacement): Promise<void> {
  const names = (all: readonly string[], of: string) =>
    list(
      db,
      all.map((name) => db`${db(of)}.${db(name)}`),
    )
  const columns = list(
    db,
    [...keys, ...values].map((name) => db`${db(name)}`),
  )
  const sets = list(
    db,
    values.map((name) => db`${db(name)} = excluded.${db(name)}`),
  )
  await db`
    with fresh as materialized (${rows}),
    -- A join would be planned by what is known of an hour or day that is new, which is nothing: each row with each.
    stale as materialized (
      select ${names(keys, 't')} from ${db(table)} t where ${within}
      except
      select ${names(keys, 'f')} from fresh f
    ), gone as (
      delete from ${db(table)} t using stale s where (${names(keys, 's')}) = (${names(keys, 't')})
    )
    insert into ${db(table)} as t (${columns})
    select ${columns} from fresh
    order by ${list(
      db,
      keys.map((name) => db`${db(name)}`),
    )}
    on conflict (${list(
      db,
      keys.map((name) => db`${db(name)}`),
    )}) do update set ${sets}
    where (${names(values, 't')}) is distinct from (${names(values, 'excluded')})
  `
}

const list = (db: Db, parts: readonly Fragment[]): Fragment =>
  parts.slice(1).reduce((all, part) => db`${all}, ${part}`, parts[0]!)
