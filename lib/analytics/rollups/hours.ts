import type { Db, Fragment } from '../../db/client.ts'
import { hourMs, later } from '../../time.ts'
import { figures } from './figures.ts'
import { inParts, isIn, mostRows, type Part } from './parts.ts'
import { replaceRows } from './replace-rows.ts'

/** Sums up an hour of raw rows: of each track and product, and of all that an owner has together. */
export async function rollUpHour(db: Db, hour: Date, most = mostRows): Promise<void> {
  await inParts(await countFacts(db, hour), most, (part) => rollUpPart(db, hour, part))
}

const rollUpPart = (db: Db, hour: Date, part: Part): Promise<void> =>
  replaceRows(db, {
    table: 'hourly_stats',
    keys: ['subject_id', 'hour'],
    values: ['kind', 'owner_id', ...figures],
    within: db`t.hour = ${hour} and ${isIn(db, db`t.subject_id`, part)}`,
    rows: db`
      select
        s.subject_id, ${hour}::timestamptz as hour, s.kind, f.owner_id,
        ${countOf(db, 'counted')} as play_count,
        ${countOf(db, 'repeated')} as repeated_count,
        ${countOf(db, 'short')} as short_count,
        ${countOf(db, 'ua')} as ua_count,
        ${countOf(db, 'datacenter')} as datacenter_count,
        ${countOf(db, 'rate')} as rate_count,
        ${countOf(db, 'no_token')} as no_token_count,
        ${countOf(db, 'pattern')} as pattern_count,
        count(*) filter (where f.what = 'counted' and f.is_complete) as complete_count,
        coalesce(sum(f.listened_ms) filter (where f.what in ('counted', 'repeated', 'short')), 0)::bigint as listened_ms,
        ${countOf(db, 'track_viewed')} as view_count,
        ${countOf(db, 'filtered_view')} as filtered_view_count,
        ${countOf(db, 'share_clicked')} as share_click_count,
        ${countOf(db, 'profile_viewed')} as profile_view_count,
        ${countOf(db, 'playlist_viewed')} as playlist_view_count,
        ${countOf(db, 'product_viewed')} as product_view_count,
        ${countOf(db, 'checkout_started')} as checkout_count
      from (${factsOf(db, hour)}) f
      cross join lateral (values (f.kind, f.subject_id), ('owner', f.owner_id)) s (kind, subject_id)
      where f.owner_id is not null and s.subject_id is not null and ${isIn(db, db`s.subject_id`, part)}
      group by s.subject_id, s.kind, f.owner_id
    `,
  })

const countOf = (db: Db, what: string): Fragment => db`count(*) filter (where f.what = ${what})`

/** What happened in the hour, a row each. A listening is in `plays` where it was long enough, else in `listens`. */
function factsOf(db: Db, hour: Date): Fragment {
  const end = later(hour, hourMs)
  return db`
    select
      coalesce(p.owner_id, t.owner_id) as owner_id, 'track' as kind, p.track_id as subject_id,
      coalesce(p.filtered, case when p.is_counted then 'counted' else 'repeated' end) as what,
      p.is_complete, p.listened_ms
    from plays p
    -- Plays of before there were figures do not name it.
    left join tracks t on t.id = p.track_id and p.owner_id is null
    where p.started_at >= ${hour} and p.started_at < ${end}
    union all
    select l.owner_id, 'track', l.track_id, coalesce(l.filtered, 'short'), false, l.listened_ms
    from listens l
    where l.started_at >= ${hour} and l.started_at < ${end} and not l.is_play
    union all
    select
      e.owner_id,
      case when e.type in ('product_viewed', 'checkout_started') then 'product' else 'track' end,
      case when e.type in ('product_viewed', 'checkout_started') then e.product_id else e.track_id end,
      case when e.type = 'play_started' then 'no_token' when e.filtered is null then e.type else 'filtered_view' end,
      false, 0
    from analytics_events e
    where e.at >= ${hour} and e.at < ${end} and ${isSummed(db)} and (
      e.type = 'track_viewed'
      or (e.filtered is null and e.type in (
        'share_clicked', 'profile_viewed', 'playlist_viewed', 'product_viewed', 'checkout_started'
      ))
      -- Listened to without a token of ours: there is no listening to hang it on.
      or (e.filtered = 'no_token' and e.type = 'play_started')
    )
  `
}

/** The same words as of the index. */
const isSummed = (db: Db): Fragment =>
  db`e.type not in ('play_heartbeat', 'play_paused', 'play_seeked', 'play_ended')`

async function countFacts(db: Db, hour: Date): Promise<number> {
  const end = later(hour, hourMs)
  const [row] = await db<[{ count: number }]>`
    select (
      (select count(*) from plays where started_at >= ${hour} and started_at < ${end})
      + (select count(*) from listens where started_at >= ${hour} and started_at < ${end})
      + (select count(*) from analytics_events e where e.at >= ${hour} and e.at < ${end} and ${isSummed(db)})
    )::int as count
  `
  return row.count
}
