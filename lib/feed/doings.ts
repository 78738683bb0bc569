import type { Db, Fragment } from '../db/client.ts'
import { isOlder } from '../db/micros.ts'

/** Of two at one time the one with the greater key comes first: the id of the track, or of the repost. */
export interface Place {
  /** In microseconds since 1970. */
  readonly at: number
  readonly key: string
}

/**
 * Selects what those in `followed` have published or reposted before the place, as `at`, `key`, `track_id` and
 * `user_id` (null where it was published), with the newest `limit` among it. Every one of them is asked.
 */
export const doingsOfEach = (db: Db, before: Place | undefined, limit: number): Fragment => db`
  (${newestOfEach(db, publishedBy(db, before), limit)})
  union all
  (${newestOfEach(db, repostedBy(db, before), limit)})
`

/** What a user has done, newest first. */
type Doings = (userId: Fragment, limit: number) => Fragment

/**
 * First each is asked for their latest alone, in an index, and only as many of them as fit into the answer for
 * more: nobody else can have anything in it.
 */
const newestOfEach = (db: Db, doings: Doings, limit: number): Fragment => db`
  select done.at, done.key, done.track_id, done.user_id
  from (
    select f.id
    from followed f
    cross join lateral (${doings(db`f.id`, 1)}) latest
    order by latest.at desc, latest.key desc
    limit ${limit}
  ) busiest
  cross join lateral (${doings(db`busiest.id`, limit)}) done
  order by done.at desc, done.key desc
  limit ${limit}
`

const publishedBy =
  (db: Db, before: Place | undefined): Doings =>
  (userId, limit) =>
    db`
    select t.published_at as at, t.id as key, t.id as track_id, null::uuid as user_id
    from tracks t
    where t.owner_id = ${userId} and ${isPublished(db, before)}
    order by t.published_at desc, t.id desc
    limit ${limit}
  `

const repostedBy =
  (db: Db, before: Place | undefined): Doings =>
  (userId, limit) =>
    db`
    select uuid_extract_timestamp(r.id) as at, r.id as key, r.track_id, r.user_id
    from reposts r
    where r.user_id = ${userId} and ${isReposted(db, before)}
    order by r.id desc
    limit ${limit}
  `

/** Of each kind: two indexes are read for so far, whoever is followed. */
const mostRecent = 5_000

/**
 * The same of what anybody has done of late. All is there down to where one of the two looks had to stop, and
 * what lies beyond that is left out.
 */
export const recentDoings = (db: Db, before: Place | undefined): Fragment => db`
  with published as materialized (
    select t.published_at as at, t.id as key, t.id as track_id, null::uuid as user_id, t.owner_id
    from tracks t
    where ${isPublished(db, before)}
    order by t.published_at desc, t.id desc
    limit ${mostRecent}
  ), reposted as materialized (
    select uuid_extract_timestamp(r.id) as at, r.id as key, r.track_id, r.user_id
    from reposts r
    where ${isReposted(db, before)}
    order by r.id desc
    limit ${mostRecent}
  ), horizon as materialized (
    select max(at) as at
    from (
      select min(at) as at from published having count(*) = ${mostRecent}
      union all select min(at) from reposted having count(*) = ${mostRecent}
    ) ends
  )
  select at, key, track_id, user_id
  from (
    select at, key, track_id, user_id from published where owner_id in (select id from followed)
    union all
    select at, key, track_id, user_id from reposted where user_id in (select id from followed)
  ) done
  where coalesce(at > (select at from horizon), true)
`

const isPublished = (db: Db, before: Place | undefined): Fragment => db`
  t.deleted_at is null and t.status = 'ready' and t.visibility = 'public'
  ${before ? db`and ${isOlder(db, { at: db`t.published_at`, id: db`t.id` }, { at: before.at, id: before.key })}` : db``}
`

/** The id of a repost tells when it was made. */
const isReposted = (db: Db, before: Place | undefined): Fragment =>
  before
    ? db`
      r.id < ${firstIdAfter(before.at)}::uuid
      and ${isOlder(db, { at: db`uuid_extract_timestamp(r.id)`, id: db`r.id` }, { at: before.at, id: before.key })}
    `
    : db`true`

/** The least UUIDv7 of the next millisecond. */
function firstIdAfter(at: number): string {
  const hex = (Math.floor(at / 1_000) + 1).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
