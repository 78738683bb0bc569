import type { Db, Fragment } from '../db/client.ts'
import type { Viewer } from '../tracks/visibility.ts'
import { type CommentRow, commentColumns, commentTables, isShown } from './columns.ts'
import type { CommentSort } from './schemas.ts'

/** Where a list goes on: behind the comment with this id and, by `timestamp`, this place. */
export interface Position {
  readonly id: string
  readonly place: number
}

/** The place of what names none, which no track is long enough for; as the index has it. */
export const noPlace = 2_147_483_647

const first = '00000000-0000-0000-0000-000000000000'
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Before everything else. */
export const startOf: Readonly<Record<CommentSort, Position>> = {
  newest: { id: last, place: 0 },
  oldest: { id: first, place: 0 },
  timestamp: { id: first, place: -1 },
}

const orders: Readonly<
  Record<CommentSort, (db: Db, position: Position) => { readonly after: Fragment; readonly by: Fragment }>
> = {
  newest: (db, { id }) => ({ after: db`c.id < ${id}`, by: db`c.id desc` }),
  oldest: (db, { id }) => ({ after: db`c.id > ${id}`, by: db`c.id` }),
  timestamp: (db, { id, place }) => ({
    after: db`(coalesce(c.timestamp_ms, 2147483647), c.id) > (${place}, ${id})`,
    by: db`coalesce(c.timestamp_ms, 2147483647), c.id`,
  }),
}

interface CommentPlace {
  readonly sort: CommentSort
  readonly after: Position
  /** Whether the pinned one stands before the others. */
  readonly isFirst: boolean
  readonly limit: number
}

/** The first comments of the threads of a track. */
export function listThreads(
  db: Db,
  trackId: string,
  viewer: Viewer,
  { sort, after: position, isFirst, limit }: CommentPlace,
): PromiseLike<CommentRow[]> {
  const { after, by } = orders[sort](db, position)
  return db<CommentRow[]>`
    with found as (
      (
        select c.id, 0 as rank from comments c
        where c.track_id = ${trackId} and c.pinned_at is not null and ${isFirst} and ${isShown(db, viewer)}
      )
      union all
      (
        select c.id, 1 from comments c
        where c.track_id = ${trackId} and c.thread_id is null and c.pinned_at is null and ${after}
          and ${isShown(db, viewer)}
        order by ${by}
        limit ${limit}
      )
    )
    select ${commentColumns(db, viewer)}
    from found
    join ${commentTables(db, viewer)} on c.id = found.id
    order by found.rank, ${by}
    limit ${limit}
  `
}

/** The answers of a thread, oldest first. */
export function listReplies(
  db: Db,
  threadId: string,
  viewer: Viewer,
  { after, limit }: { readonly after: string; readonly limit: number },
): PromiseLike<CommentRow[]> {
  return db<CommentRow[]>`
    select ${commentColumns(db, viewer)}
    from ${commentTables(db, viewer)}
    where c.thread_id = ${threadId} and c.id > ${after} and ${isShown(db, viewer)}
    order by c.id
    limit ${limit}
  `
}
