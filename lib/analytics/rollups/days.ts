import type { Db, Fragment } from '../../db/client.ts'
import { dayMs, later } from '../../time.ts'
import { figures } from './figures.ts'
import { replaceRows } from './replace-rows.ts'
import { replaceRetention } from './retention.ts'

/** Sums up a day of UTC: its hours, and from the raw rows what hours do not add up to. */
export async function rollUpDay(db: Db, day: string): Promise<void> {
  await replaceSums(db, day)
  await replaceBreakdowns(db, day)
  await replaceListeners(db, day)
  await replaceRetention(db, day)
}

const boundsOf = (day: string) => {
  const from = new Date(day)
  return { from, to: later(from, dayMs) }
}

/** The plays of the day that count, with what nobody told filled in. */
function playsOf(db: Db, day: string): Fragment {
  const { from, to } = boundsOf(day)
  return db`
    select
      coalesce(p.owner_id, t.owner_id) as owner_id, p.track_id, p.user_id,
      case when p.user_id is null then p.visitor end as guest,
      coalesce(p.source, 'other') as source, coalesce(p.country, 'other') as country,
      coalesce(p.device, 'other') as device
    from plays p
    left join tracks t on t.id = p.track_id and p.owner_id is null
    where p.started_at >= ${from} and p.started_at < ${to} and p.is_counted and p.filtered is null
      and coalesce(p.owner_id, t.owner_id) is not null
  `
}

function replaceSums(db: Db, day: string): Promise<void> {
  const { from, to } = boundsOf(day)
  const sums = figures
    .map((name) => db`sum(${db(name)}) as ${db(name)}`)
    .reduce((all, part) => db`${all}, ${part}`)
  return replaceRows(db, {
    table: 'daily_stats',
    keys: ['subject_id', 'day'],
    values: ['kind', 'owner_id', ...figures, 'user_count', 'guest_count'],
    within: db`t.day = ${day}`,
    rows: db`
      with sums as (
        select subject_id, kind, owner_id, ${sums}
        from hourly_stats
        where hour >= ${from} and hour < ${to}
        group by subject_id, kind, owner_id
      ), listeners as (
        select
          coalesce(track_id, owner_id) as subject_id,
          count(distinct user_id) as user_count, count(distinct guest) as guest_count
        from (${playsOf(db, day)}) plays
        group by grouping sets ((owner_id), (owner_id, track_id))
      )
      select
        sums.*, ${day}::date as day, coalesce(l.user_count, 0) as user_count, coalesce(l.guest_count, 0) as guest_count
      from sums
      left join listeners l using (subject_id)
    `,
  })
}

const replaceBreakdowns = (db: Db, day: string) =>
  replaceRows(db, {
    table: 'daily_breakdowns',
    keys: ['subject_id', 'day', 'dimension', 'value'],
    values: ['play_count', 'user_count', 'guest_count'],
    within: db`t.day = ${day}`,
    rows: db`
      select
        coalesce(p.track_id, p.owner_id) as subject_id, ${day}::date as day, d.dimension, d.value,
        count(*) as play_count, count(distinct p.user_id) as user_count, count(distinct p.guest) as guest_count
      from (${playsOf(db, day)}) p
      cross join lateral (
        values ('source', p.source), ('country', p.country), ('device', p.device)
      ) d (dimension, value)
      group by grouping sets ((p.owner_id, d.dimension, d.value), (p.owner_id, p.track_id, d.dimension, d.value))
    `,
  })

const replaceListeners = (db: Db, day: string) =>
  replaceRows(db, {
    table: 'listener_days',
    keys: ['owner_id', 'track_id', 'day', 'user_id', 'source', 'country', 'device'],
    values: ['play_count'],
    within: db`t.day = ${day}`,
    rows: db`
      select owner_id, track_id, ${day}::date as day, user_id, source, country, device, count(*) as play_count
      from (${playsOf(db, day)}) plays
      where user_id is not null
      group by owner_id, track_id, user_id, source, country, device
    `,
  })
