import type { Db, Fragment } from '../../db/client.ts'
import { isEditable, trackTables } from '../../tracks/visibility.ts'
import type { Group } from './k-anonymity.ts'
import { boundsOf, type Range } from './ranges.ts'
import type { VersionRetention } from './retention-curve.ts'
import type { TopListener } from './schemas.ts'
import type { Sums } from './totals.ts'

/** Whose figures are read: one track's, or all of an owner's. */
export interface Subject {
  readonly owner_id: string
  readonly track_id: string | undefined
}

const idOf = ({ owner_id, track_id }: Subject) => track_id ?? owner_id

/** A track that the caller may change, and who owns it. */
export async function findEditableTrack(db: Db, userId: string, trackId: string) {
  const [row] = await db<[{ track_id: string; owner_id: string }?]>`
    select t.id as track_id, t.owner_id
    from ${trackTables(db, { id: userId })}
    where t.id = ${trackId} and t.deleted_at is null and ${isEditable(db, { id: userId })}
  `
  return row
}

export async function findFirstDay(db: Db, subject: Subject): Promise<string | undefined> {
  const [row] = await db<[{ day: string | null }]>`
    select to_char(min(day), 'YYYY-MM-DD') as day from daily_stats where subject_id = ${idOf(subject)}
  `
  return row.day ?? undefined
}

export type SumRow = Sums & { readonly at: Date }

export const listDays = (db: Db, subject: Subject, { from, to }: Range) => db<SumRow[]>`
  select
    day::timestamp at time zone 'UTC' as at, play_count, repeated_count, short_count, ua_count, datacenter_count,
    rate_count, no_token_count, pattern_count, complete_count, listened_ms, view_count, filtered_view_count,
    share_click_count, profile_view_count, playlist_view_count, product_view_count, checkout_count, user_count,
    guest_count
  from daily_stats
  where subject_id = ${idOf(subject)} and day between ${from} and ${to}
  order by day
`

export const listHours = (db: Db, subject: Subject, range: Range) => {
  const { from, to } = boundsOf(range)
  return db<
    { at: Date; play_count: number; complete_count: number; listened_ms: number; view_count: number }[]
  >`
    select hour as at, play_count, complete_count, listened_ms, view_count
    from hourly_stats
    where subject_id = ${idOf(subject)} and hour >= ${from} and hour < ${to}
    order by hour
  `
}

const listenersOf = (db: Db, { owner_id, track_id }: Subject, { from, to }: Range): Fragment => db`
  listener_days l
  where l.owner_id = ${owner_id} ${track_id === undefined ? db`` : db`and l.track_id = ${track_id}`}
    and l.day between ${from} and ${to}
`

export async function countUsers(db: Db, subject: Subject, range: Range): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select count(*)::int as count from (select distinct l.user_id from ${listenersOf(db, subject, range)}) users
  `
  return row.count
}

export type DimensionGroup = Group & { readonly dimension: 'source' | 'country' | 'device' }

/** With so many listeners as a single day of the range had. */
export const listGroups = (db: Db, subject: Subject, { from, to }: Range) => db<DimensionGroup[]>`
  select
    dimension, value, sum(play_count)::int as play_count, max(user_count + guest_count)::int as listener_least
  from daily_breakdowns
  where subject_id = ${idOf(subject)} and day between ${from} and ${to}
  group by dimension, value
`

/** Of each value, the different users in all of the range. */
export const listGroupUsers = (db: Db, subject: Subject, range: Range) => db<
  { dimension: DimensionGroup['dimension']; value: string; user_count: number }[]
>`
  select
    case when grouping(source) = 0 then 'source' when grouping(country) = 0 then 'country' else 'device' end
      as dimension,
    coalesce(source, country, device) as value, count(distinct user_id)::int as user_count
  from (
    select distinct l.user_id, l.source, l.country, l.device from ${listenersOf(db, subject, range)}
  ) listeners
  group by grouping sets ((source), (country), (device))
`

/** Of the version of a track that was listened to most. */
export async function findRetention(db: Db, trackId: string, { from, to }: Range) {
  const [row] = await db<[VersionRetention?]>`
    with listened as (
      select version_id, sum(listen_count)::int as listen_count
      from daily_retention
      where track_id = ${trackId} and day between ${from} and ${to}
      group by version_id
      order by 2 desc, version_id desc
      limit 1
    ), edges as (
      select edge.step, sum(edge.change)::int as change
      from daily_retention r
      join listened using (version_id)
      cross join lateral unnest(r.steps, r.changes) as edge (step, change)
      where r.track_id = ${trackId} and r.day between ${from} and ${to}
      group by edge.step
      having sum(edge.change) <> 0
    )
    select
      ${trackId}::uuid as track_id, listened.version_id, v.number as version_number, v.duration_ms,
      listened.listen_count,
      coalesce((select array_agg(step::int order by step) from edges), '{}') as steps,
      coalesce((select array_agg(change order by step) from edges), '{}') as changes
    from listened
    left join track_versions v on v.id = listened.version_id
  `
  return row
}

export interface SubjectSums {
  readonly id: string
  readonly title: string | null
  readonly play_count: number
  readonly complete_count: number
  readonly listened_ms: number
  readonly view_count: number
}

export const listTopTracks = (db: Db, ownerId: string, { from, to }: Range, limit: number) => db<
  SubjectSums[]
>`
  with sums as (
    select
      subject_id, sum(play_count)::int as play_count, sum(complete_count)::int as complete_count,
      sum(listened_ms)::bigint as listened_ms, sum(view_count)::int as view_count
    from daily_stats
    where owner_id = ${ownerId} and day between ${from} and ${to} and kind = 'track'
    group by subject_id
    order by 2 desc, 5 desc, subject_id
    limit ${limit}
  )
  select sums.subject_id as id, t.title, sums.play_count, sums.complete_count, sums.listened_ms, sums.view_count
  from sums
  left join tracks t on t.id = sums.subject_id and t.purged_at is null
  order by sums.play_count desc, sums.view_count desc, sums.subject_id
`

export interface ProductSums {
  readonly product_id: string
  readonly title: string | null
  readonly view_count: number
  readonly checkout_count: number
}

export const listProductSums = (db: Db, ownerId: string, { from, to }: Range, limit: number) => db<
  ProductSums[]
>`
  with sums as (
    select
      subject_id, sum(product_view_count)::int as view_count, sum(checkout_count)::int as checkout_count
    from daily_stats
    where owner_id = ${ownerId} and day between ${from} and ${to} and kind = 'product'
    group by subject_id
    order by 2 desc, 3 desc, subject_id
    limit ${limit}
  )
  select sums.subject_id as product_id, p.title, sums.view_count, sums.checkout_count
  from sums
  left join products p on p.id = sums.subject_id
  order by sums.view_count desc, sums.checkout_count desc, sums.subject_id
`

/** Of so many who played most, those who let others see it. */
const considered = 1_000

export interface Listeners {
  readonly user_count: number
  readonly top_listeners: TopListener[]
}

/** How many users listened to anything of an owner, and who of them most: of a year both are read in one go. */
export async function findListeners(
  db: Db,
  ownerId: string,
  range: Range,
  limit: number,
): Promise<Listeners> {
  const [row] = await db<[Listeners]>`
    with listeners as materialized (
      select l.user_id, sum(l.play_count)::int as play_count
      from ${listenersOf(db, { owner_id: ownerId, track_id: undefined }, range)}
      group by l.user_id
    ), most as materialized (
      select user_id, play_count from listeners order by play_count desc, user_id limit ${considered}
    ), shown as (
      select u.id as user_id, u.username, u.display_name, most.play_count
      from most
      join users u on u.id = most.user_id
      where u.deletes_at is null and u.id <> ${ownerId}
        and coalesce((u.settings->>'show_history')::boolean, false)
        and coalesce(u.settings->>'profile_visibility', 'public') = 'public'
        and not exists (select from blocks b where b.blocker_id = u.id and b.blocked_id = ${ownerId})
      order by most.play_count desc, u.id
      limit ${limit}
    )
    select
      (select count(*)::int from listeners) as user_count,
      (select coalesce(jsonb_agg(to_jsonb(shown) order by play_count desc, user_id), '[]') from shown)
        as top_listeners
  `
  return row
}
