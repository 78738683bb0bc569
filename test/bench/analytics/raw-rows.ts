import type postgres from 'postgres'
import { dayMs } from '../../../lib/time.ts'

export interface World {
  /** Of `plays`, `listens` and `analytics_events` together. */
  readonly rows: number
  readonly days: number
  readonly tracks: number
  readonly owners: number
  readonly users: number
  readonly now: Date
}

export const worldOf = (rows: number, now: Date): World => {
  const owners = Math.max(200, Math.round(rows / 5_000))
  const users = Math.max(5_000, Math.round(rows / 100))
  return { rows, days: 390, tracks: owners * tracksEach, owners, users, now }
}

/** Of an owner. */
export const tracksEach = 5

/** Of all raw rows; the rest are heartbeats and the like, which no figure reads. */
const parts = { plays: 0.12, listens: 0.15, views: 0.1, products: 0.03, heartbeats: 0.6 } as const

/** Some are far better known than others: the first of ten thousand artists has about a twentieth of all plays. */
const someTrack = 'floor(power(random(), 3) * $1::float8)::int'

/** Of a text, an id that is one by RFC 9562 too. */
const idOf = (text: string) => `overlay(overlay(md5(${text}) placing '4' from 13) placing '8' from 17)::uuid`
export const userId = (n: string) => idOf(`'user ' || ${n}`)
export const trackId = (n: string) => idOf(`'track ' || ${n}`)
export const versionId = (n: string) => idOf(`'version ' || ${n}`)
const ownerId = (n: string, { tracks, owners }: World) =>
  userId(`floor(${n} * ${owners}::float8 / ${tracks})::int`)

/** People and tracks, so that names are there to be joined; without what triggers would make of them for others. */
export const fillPeople = (sql: postgres.Sql, world: World) =>
  sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`
    await insertPeople(tx, world)
  })

async function insertPeople(sql: postgres.TransactionSql, world: World): Promise<void> {
  const { tracks, owners, users } = world
  const people = Math.max(owners, Math.min(users, 50_000))
  await sql.unsafe(`
    insert into users (id, username, display_name, email, password_hash, settings)
    select
      ${userId('n')}, 'user' || n, 'User ' || n, 'user' || n || '@example.test', '-',
      case when n % 5 = 0 then '{"show_history": true}'::jsonb else '{}' end
    from generate_series(0, ${people - 1}) n
  `)
  await sql.unsafe(`
    insert into tracks (id, owner_id, title, rights_confirmed_at, status, visibility, genre)
    select
      ${trackId('n')}, ${ownerId('n', world)}, 'Track ' || n, now(),
      'ready', 'public', (array['House', 'Techno', 'Ambient', 'Jazz', 'Hip Hop'])[1 + n % 5]
    from generate_series(0, ${tracks - 1}) n
  `)
}

/** Raw rows of one day. */
export const fillDay = (sql: postgres.Sql, world: World, day: Date): Promise<void> =>
  fillSpan(sql, world, { from: day, ms: dayMs, rows: world.rows / world.days })

export interface Span {
  readonly from: Date
  readonly ms: number
  readonly rows: number
}

/** Raw rows of a part of a day, made where they are kept. */
export async function fillSpan(sql: postgres.Sql, world: World, { from, ms, rows }: Span): Promise<void> {
  const { tracks, users } = world
  const count = (part: keyof typeof parts) => Math.max(1, Math.round(rows * parts[part]))
  const listener = `floor(power(random(), 2) * ${users})::int`
  const about = `
    ${trackId('t')} as track_id, ${versionId('t')} as version_id, ${ownerId('t', world)} as owner_id,
    case when n % 10 < 7 then ${userId('u')} end as user_id,
    case when n % 10 >= 7 then decode(md5(u || ' ' || $2::timestamptz::date), 'hex') end as visitor,
    (array['search', 'feed', 'profile', 'playlist', 'share', 'embed', 'chart', 'direct'])[1 + floor(power(random(), 2) * 8)::int]
      as source,
    (array['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'NL', 'PL', 'BR', 'JP', 'SE', 'AT', 'CH', 'IS', 'MT'])[1 + floor(power(random(), 2) * 15)::int]
      as country,
    (array['desktop', 'phone', 'tablet'])[1 + floor(random() * 3)::int] as device,
    case when random() < 0.02 then (array['ua', 'datacenter', 'rate'])[1 + floor(random() * 3)::int] end as filtered,
    $2::timestamptz + random() * interval '${ms - 1_000} milliseconds' as at
  `
  const some = (howMany: number) => `
    select n, ${about}
    from (select n, ${someTrack} as t, ${listener} as u from generate_series(1, ${howMany}) n offset 0) chosen
  `
  const args = [tracks, from]
  await sql.unsafe(
    `insert into plays (id, issued_at, track_id, version_id, owner_id, user_id, visitor, started_at, listened_ms,
       is_complete, is_counted, filtered, source, country, device)
     select gen_random_uuid(), at, track_id, version_id, owner_id, user_id, visitor, at, 30000 + floor(random() * 180000)::int,
       random() < 0.6, filtered is null and random() < 0.95, filtered, source, country, device
     from (${some(count('plays'))}) x`,
    args,
  )
  await sql.unsafe(
    `insert into listens (id, issued_at, track_id, version_id, owner_id, user_id, visitor, started_at, last_at, heard,
       listened_ms, duration_ms, is_complete, is_play, filtered, source, country, device)
     select gen_random_uuid(), at, track_id, version_id, owner_id, user_id, visitor, at, at,
       int4multirange(int4range(0, len), int4range(len + 10000, len + 10000 + n % 30000 + 1)), len, 200000, false, n % 5 <> 0,
       filtered, source, country, device
     from (select *, 1000 + floor(random() * 190000)::int as len from (${some(count('listens'))}) y) x`,
    args,
  )
  const events: readonly (readonly [string, string, number])[] = [
    ["'track_viewed'", 'null', count('views')],
    [
      "case when n % 8 = 0 then 'checkout_started' else 'product_viewed' end",
      'version_id',
      count('products'),
    ],
    ["'play_heartbeat'", 'null', count('heartbeats')],
  ]
  for (const [type, product, howMany] of events) {
    await sql.unsafe(
      `insert into analytics_events (id, client_at, at, received_at, type, user_id, visitor, track_id, version_id,
         product_id, owner_id, source, country, device, filtered, is_late, is_clamped, heard_from_ms, heard_to_ms)
       select gen_random_uuid(), at, at, at, ${type}, user_id, visitor,
         case when ${product}::uuid is null then track_id end, version_id, ${product}, owner_id, source, country, device,
         filtered, false, false, 0, 15000
       from (${some(howMany)}) x`,
      args,
    )
  }
}
