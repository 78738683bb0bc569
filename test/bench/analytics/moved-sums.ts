import type postgres from 'postgres'
import { trackId, tracksEach, userId, versionId, type World } from './raw-rows.ts'
import { dayOf, type Slice } from './slice.ts'

/** A table of sums, and what becomes of a row `s` of the slice on the day `d`, where `p` has its place. */
interface MovedSum {
  readonly table: string
  readonly subject: string
  readonly day: string
  /** Of a day, as the roll-up writes it. */
  readonly order: string
  readonly moved: Readonly<Record<string, string>>
}

const listener = `s.listener_first + (s.listener_at + d.shift) % s.listener_width`

export const movedSums: readonly MovedSum[] = [
  {
    table: 'daily_breakdowns',
    subject: 'subject_id',
    day: 'day',
    order: 'p.id, s.dimension, s.value',
    moved: { subject_id: 'p.id', day: 'd.day' },
  },
  {
    table: 'daily_stats',
    subject: 'subject_id',
    day: 'day',
    order: 'p.id',
    moved: { subject_id: 'p.id', owner_id: 'p.owner_id', day: 'd.day' },
  },
  {
    table: 'daily_retention',
    subject: 'track_id',
    day: 'day',
    order: 'p.id',
    moved: { track_id: 'p.id', day: 'd.day', version_id: 'p.version_id' },
  },
  {
    table: 'listener_days',
    subject: 'track_id',
    day: 'day',
    order: 'p.owner_id, p.id',
    moved: { owner_id: 'p.owner_id', track_id: 'p.id', day: 'd.day', user_id: userId(`(${listener})`) },
  },
  {
    table: 'hourly_stats',
    subject: 'subject_id',
    day: `(hour at time zone 'UTC')::date`,
    order: 's.hour, p.id',
    moved: {
      subject_id: 'p.id',
      owner_id: 'p.owner_id',
      hour: `s.hour + (d.day - d.slice_day) * interval '24 hours'`,
    },
  },
]

/** Of an owner itself, its tracks, and a product of each of these. */
const placesEach = 1 + 2 * tracksEach

/** Rows of the slice on other days, for whoever is there in their places. */
export const moveRows = ({ table, moved, order }: MovedSum, columns: readonly string[]) => `
  insert into ${table} (${columns.join(', ')})
  select ${columns.map((name) => moved[name] ?? `s.${name}`).join(', ')}
  from bench.days d
  join bench.${table} s on s.slice_day = d.slice_day
  join bench.places p on p.place = (s.first + (s.at + d.shift) % s.width) * ${placesEach} + s.slot
  where d.day = any($1::date[])
  order by d.day, ${order}
`

/** What moving needs: who is in which place, which day is like which, and the rows of the slice with their places. */
export async function prepareMoves(sql: postgres.Sql, world: World, slice: Slice): Promise<void> {
  await sql.unsafe('create schema bench')
  await preparePlaces(sql, world)
  await prepareRanks(sql, world)
  await prepareDays(sql, world, slice)
  for (const sum of movedSums) await prepareRows(sql, sum)
  await sql.unsafe('analyze')
}

async function preparePlaces(sql: postgres.Sql, { owners }: World) {
  await sql.unsafe(`
    create unlogged table bench.places as
    select
      owner * ${placesEach} + slot as place, owner, slot, ${userId('owner')} as owner_id, ${versionId('track')} as version_id,
      case when slot = 0 then ${userId('owner')} when slot <= ${tracksEach} then ${trackId('track')} else ${versionId('track')} end
        as id
    from generate_series(0, ${owners - 1}) owner
    cross join generate_series(0, ${placesEach - 1}) slot
    cross join lateral (select owner * ${tracksEach} + (slot + ${tracksEach - 1}) % ${tracksEach} as track) t
  `)
}

/** Ranks between the same two powers of two are equals. */
async function prepareRanks(sql: postgres.Sql, { owners, users }: World) {
  const ranks = (count: number, id: string) => `
    select n, first, least(first + 1, ${count} - first) as width, n - first as at, ${id} as id
    from generate_series(0, 30) power
    cross join lateral (select (1 << power) - 1 as first) f
    cross join lateral generate_series(first, least(2 * first, ${count - 1})) n
  `
  await sql.unsafe(`create unlogged table bench.owners as ${ranks(owners, userId('n'))}`)
  await sql.unsafe(`create unlogged table bench.listeners as ${ranks(users, userId('n'))}`)
}

async function prepareDays(sql: postgres.Sql, { days, now }: World, { from, to, days: sliceDays }: Slice) {
  await sql.unsafe(
    `create unlogged table bench.days as
     select
       day::date as day, $1::date + (n % ${sliceDays})::int as slice_day, floor(random() * 1e9)::int as shift
     from generate_series($3::date - ${days - 1}, $3::date, interval '1 day') with ordinality as d (day, n)
     where day < $1::date or day >= $2::date`,
    [dayOf(from), dayOf(to), dayOf(now)],
  )
}

async function prepareRows(sql: postgres.Sql, { table, subject, day, moved }: MovedSum) {
  const listenerRanks = moved.user_id
    ? {
        columns: ', l.first as listener_first, l.width as listener_width, l.at as listener_at',
        join: 'join bench.listeners l on l.id = s.user_id',
      }
    : { columns: '', join: '' }
  await sql.unsafe(`
    create unlogged table bench.${table} as
    select s.*, ${day} as slice_day, o.first, o.width, o.at, p.slot ${listenerRanks.columns}
    from ${table} s
    join bench.places p on p.id = s.${subject}
    join bench.owners o on o.n = p.owner
    ${listenerRanks.join}
  `)
}
