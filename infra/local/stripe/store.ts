import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Kind, Kinds } from './objects.ts'
import { noSuch } from './wire/error.ts'

export interface ListQuery {
  readonly limit?: number | undefined
  readonly starting_after?: string | undefined
  readonly ending_before?: string | undefined
  readonly created?: number | CreatedRange | undefined
  /** Fields that must have this value, or one of these; those left undefined are not looked at. */
  readonly where?: Readonly<Record<string, string | readonly string[] | undefined>>
}

type CreatedRange = Partial<Record<'gt' | 'gte' | 'lt' | 'lte', number | undefined>>

export type Store = ReturnType<typeof openStore>

const SCHEMA = `
  create table if not exists objects (
    seq integer primary key, id text not null unique, kind text not null, account text not null,
    created integer not null, body text not null
  ) strict;
  create index if not exists objects_listed on objects (account, kind, seq);
  create table if not exists answers (
    account text not null, key text not null, request text not null, request_id text not null,
    status integer not null, body text not null, created integer not null, primary key (account, key)
  ) strict;
  create index if not exists answers_old on answers (created);
  create table if not exists deliveries (
    id integer primary key, event_id text not null, state text not null, due_at integer not null,
    attempts text not null default '[]'
  ) strict;
  create index if not exists deliveries_due on deliveries (state, due_at);
  create table if not exists tasks (
    id integer primary key, name text not null, subject text not null, account text not null, due_at integer not null
  ) strict;
`

const DEFAULT_LIMIT = 10

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

/** One file, which a kill leaves whole. Every call is answered within one transaction, and none waits inside it. */
export function openStore(dataDir: string) {
  mkdirSync(path.join(dataDir, 'stripe'), { recursive: true })
  const database = new DatabaseSync(path.join(dataDir, 'stripe', 'stripe.sqlite'))
  database.exec('pragma journal_mode = wal; pragma synchronous = normal;')
  database.exec(SCHEMA)
  const parse = <K extends Kind>(row: unknown) =>
    row ? (JSON.parse((row as { body: string }).body) as Kinds[K]) : undefined

  return {
    database,

    /** What `work` changed is kept unless it throws. */
    transaction<T>(work: () => T): T {
      database.exec('begin immediate')
      try {
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },

    find<K extends Kind>(kind: K, id: string, account: string): Kinds[K] | undefined {
      return parse<K>(
        database
          .prepare('select body from objects where id = ? and kind = ? and account = ?')
          .get(id, kind, account),
      )
    },

    /** By an id alone, which is Stripe's own and so unlike any other. */
    findAny(id: string, account: string): Kinds[Kind] | undefined {
      return parse<Kind>(
        database.prepare('select body from objects where id = ? and account = ?').get(id, account),
      )
    },

    accountOf(id: string): string | undefined {
      return database.prepare('select account from objects where id = ?').get(id)?.account as
        | string
        | undefined
    },

    insert(object: Kinds[Kind], account: string): void {
      database
        .prepare('insert into objects (id, kind, account, created, body) values (?, ?, ?, ?, ?)')
        .run(object.id, object.object, account, object.created ?? 0, JSON.stringify(object))
    },

    replace(object: Kinds[Kind]): void {
      database.prepare('update objects set body = ? where id = ?').run(JSON.stringify(object), object.id)
    },

    remove(id: string): void {
      database.prepare('delete from objects where id = ?').run(id)
    },

    /** Of every account. */
    newest<K extends Kind>(kind: K, limit: number): readonly Kinds[K][] {
      const rows = database
        .prepare('select body from objects where kind = ? order by seq desc limit ?')
        .all(kind, limit)
      return rows.map((row) => parse<K>(row)!)
    },

    /** Newest first, as every list of Stripe's. */
    list<K extends Kind>(kind: K, account: string, query: ListQuery = {}) {
      const { limit = DEFAULT_LIMIT, starting_after, ending_before } = query
      for (const param of ['starting_after', 'ending_before'] as const) {
        const id = query[param]
        if (id !== undefined && !this.find(kind, id, account)) throw noSuch(kind, id, param)
      }
      const [conditions, values] = conditionsOf(kind, account, query)
      const order = ending_before === undefined ? 'desc' : 'asc'
      const rows = database
        .prepare(
          `select body from objects where ${conditions.join(' and ')} order by seq ${order} limit ${limit + 1}`,
        )
        .all(...values)
      const page = rows.slice(0, limit).map((row) => parse<K>(row)!)
      if (starting_after === undefined && ending_before !== undefined) page.reverse()
      return { data: page, has_more: rows.length > limit }
    },

    close: () => database.close(),
  }
}

function conditionsOf(kind: Kind, account: string, query: ListQuery): [string[], SQLInputValue[]] {
  const conditions = ['kind = ?', 'account = ?']
  const values: SQLInputValue[] = [kind, account]
  const add = (condition: string, ...more: SQLInputValue[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  for (const [field, value] of Object.entries(query.where ?? {})) {
    if (value === undefined) continue
    add(
      'json_extract(body, ?) in (select value from json_each(?))',
      `$.${field}`,
      JSON.stringify([value].flat()),
    )
  }
  const { created, starting_after, ending_before } = query
  if (typeof created === 'number') add('created = ?', created)
  else
    for (const [name, value] of Object.entries(created ?? {})) {
      if (value !== undefined) add(`created ${OPERATORS[name as keyof typeof OPERATORS]} ?`, value)
    }
  if (starting_after !== undefined) add('seq < (select seq from objects where id = ?)', starting_after)
  if (ending_before !== undefined) add('seq > (select seq from objects where id = ?)', ending_before)
  return [conditions, values]
}
