import type { Db, Fragment } from '../../db/client.ts'
import { dayMs, later } from '../../time.ts'
import { figures } from './figures.ts'
import { inParts, isIn, mostRows, type Part } from './parts.ts'
import { replaceRows } from './replace-rows.ts'
import { replaceRetention } from './retention.ts'

/** Sums up a day of UTC: its hours, and from the raw rows what hours do not add up to. */
export async function rollUpDay(db: Db, day: string, most = mostRows): Promise<void> {
  const { plays, listens } = await countRaw(db, day)
  await inParts(plays, most, (part) => replaceSums(db, day, part))
  await inParts(plays, most, (part) => replaceBreakdowns(db, day, part))
  await inParts(plays, most, (part) => replaceListeners(db, day, part))
  await inParts(listens, most, (part) => replaceRetention(db, day, part))
}

async function countRaw(db: Db, day: string) {
  const { from, to } = boundsOf(day)
  const [row] = await db<[{ plays: number; listens: number }]>`
    select
      (select count(*)::int from plays where started_at >= ${from} and started_at < ${to}) as plays,
      (select count(*)::int from listens where started_at >= ${from} and started_at < ${to}) as listens
  `
  return row
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

function replaceSums(db: Db, day: string, part: Part): Promise<void> {
  const { from, to } = boundsOf(day)
  const sums = figures
    .map((name) => db`sum(${db(name)}) as ${db(name)}`)
    .reduce((all, part) => db`${all}, ${part}`)
  return replaceRows(db, {
    table: 'daily_stats',
    keys: ['subject_id', 'day'],
    values: ['kind', 'owner_id', ...figures, 'user_count', 'guest_count'],
    within: db`t.day = ${day} and ${isIn(db, db`t.subject_id`, part)}`,
    rows: db`
      with sums as (
        select subject_id, kind, owner_id, ${sums}
        from hourly_stats
        where hour >= ${from} and hour < ${to} and ${isIn(db, db`subject_id`, part)}
        group by subject_id, kind, owner_id
      ), listeners as (
        select
          s.subject_id, count(distinct p.user_id) as user_count, count(distinct p.guest) as guest_count
        from (${playsOf(db, day)}) p
        cross join lateral (values (p.track_id), (p.owner_id)) s (subject_id)
        where ${isIn(db, db`s.subject_id`, part)}
        group by s.subject_id
      )
      select
        sums.*, ${day}::date as day, coalesce(l.user_count, 0) as user_count, coalesce(l.guest_count, 0) as guest_count
      from sums
      left join listeners l using (subject_id)
    `,
  })
}

const replaceBreakdowns = (db: Db, day: string, part: Part) =>
  replaceRows(db, {
    table: 'daily_breakdowns',
    keys: ['subject_id', 'day', 'dimension', 'value'],
    values: ['play_count', 'user_count', 'guest_count'],
    within: db`t.day = ${day} and ${isIn(db, db`t.subject_id`, part)}`,
    rows: db`
      select
        s.subject_id, ${day}::date as day, d.dimension, d.value,
        count(*) as play_count, count(distinct p.user_id) as user_count, count(distinct p.guest) as guest_count
      from (${playsOf(db, day)}) p
      cross join lateral (values (p.track_id), (p.owner_id)) s (subject_id)
      cross join lateral (
        values ('source', p.source), ('country', p.country), ('device', p.device)
      ) d (dimension, value)
      where ${isIn(db, db`s.subject_id`, part)}
      group by s.subject_id, d.dimension, d.value
    `,
  })

const replaceListeners = (db: Db, day: string, part: Part) =>
  replaceRows(db, {
    table: 'listener_days',
    keys: ['owner_id', 'track_id', 'day', 'user_id', 'source', 'country', 'device'],
    values: ['play_count'],
    within: db`t.day = ${day} and ${isIn(db, db`t.track_id`, part)}`,
    rows: db`
      select owner_id, track_id, ${day}::date as day, user_id, source, country, device, count(*) as play_count
      from (${playsOf(db, day)}) plays
      where user_id is not null and ${isIn(db, db`track_id`, part)}
      group by owner_id, track_id, user_id, source, country, device
    `,
  })
