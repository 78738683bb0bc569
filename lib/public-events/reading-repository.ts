import type { Db } from '../db/client.ts'
import type { PublicEventType } from './catalogue.ts'
import type { PublicEventRow } from './envelope.ts'

/** A place in the list: it is in the order of the transactions that wrote it. */
export interface Position {
  readonly xact: number
  readonly id: string
}

export interface SettledRow extends PublicEventRow, Position {}

/** Every transaction before it has ended. A statement that begins after this one sees all that they wrote. */
export async function findHorizon(db: Db): Promise<number> {
  const [row] = await db<[{ xact: number }]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xact
  `
  return row.xact
}

export interface SettledFilter {
  readonly account_id: string
  readonly after: Position
  readonly horizon: number
  readonly types: readonly PublicEventType[] | undefined
  readonly since: Date
  readonly limit: number
}

export const listSettled = (db: Db, { account_id, after, horizon, types, since, limit }: SettledFilter) => db<
  SettledRow[]
>`
  select id, account_id, type, api_version, created_at, resource_id, sequence, data, request_id, xact
  from public_events
  where account_id = ${account_id} and not is_test and (xact, id) > (${after.xact}::bigint, ${after.id}::uuid)
    and xact < ${horizon}::bigint and created_at > ${since}
    ${types === undefined ? db`` : db`and type = any(${types}::text[])`}
  order by xact, id
  limit ${limit}
`
