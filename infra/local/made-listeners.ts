import postgres from 'postgres'

export interface MadeListeners {
  readonly listen_count: number
  readonly play_count: number
}

const days = 90

/**
 * Writes what some thousand listeners of somebody's tracks would have reported in the last three months: raw rows, as
 * the analytics worker writes them, for the demo's charts to have something to show. Summing up is left to the roll-up.
 */
export async function makeListeners(databaseUrl: string, userId: string): Promise<MadeListeners> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  try {
    return await sql.begin(async (tx) => {
      await tx`
        select
          create_analytics_months((now() - make_interval(days => ${days}))::date, 4),
          create_listen_months((now() - make_interval(days => ${days}))::date, 4),
          create_play_months((now() - make_interval(days => ${days}))::date, 4)
      `
      const listens = await insertListens(tx, userId)
      const plays = await insertPlays(tx, userId)
      await countPlays(tx, userId)
      await insertViews(tx, userId)
      await insertLooks(tx, userId)
      await tx`
        insert into analytics_dirty_hours (hour, marked_at)
        select date_trunc('hour', now()) - make_interval(hours => hour), now()
        from generate_series(0, ${days * 24}) hour
        on conflict do nothing
      `
      return { listen_count: listens, play_count: plays }
    })
  } finally {
    await sql.end()
  }
}

type Tx = postgres.TransactionSql

/** More by the week, most in the evening; some leave early, most stay to the end; a few are robots. */
async function insertListens(tx: Tx, userId: string): Promise<number> {
  const { count } = await tx`
    with mine as (
      select t.id as track_id, v.id as version_id, v.duration_ms, row_number() over (order by t.id) as place
      from tracks t
      join track_versions v on v.id = t.current_version_id
      where t.owner_id = ${userId} and t.deleted_at is null and v.duration_ms is not null
    ), visits as (
      select mine.*, day, number, random() as hour_luck, random() as stay_luck, random() as stay,
        random() as source_luck, random() as listener_luck, random() as country_luck, random() as device_luck, random() as robot_luck
      from mine
      cross join generate_series(0, ${days - 1}) day
      cross join lateral generate_series(
        1,
          (
            (5 + (${days} - day) * 0.35 + 9 * random()) / place
            * case when extract(isodow from now() - make_interval(days => day)) > 5 then 1.4 else 1 end
          )::integer
        ) number
    ), listened as (
      select *,
        date_trunc('day', now()) - make_interval(days => day)
          + make_interval(secs => 86400 * (0.25 + 0.7 * sqrt(hour_luck))) as at,
        case
          when stay_luck < 0.25 then 0.02 + 0.2 * stay
          when stay_luck < 0.45 then 0.2 + 0.7 * stay
          else 0.93 + 0.07 * stay
        end as part
      from visits
    )
    insert into listens (
      id, issued_at, track_id, version_id, owner_id, visitor, started_at, last_at, heard, listened_ms, duration_ms,
      is_complete, is_play, filtered, source, country, device
    )
    select
      gen_random_uuid(), at, track_id, version_id, ${userId},
      decode(md5(concat(${userId}::text, day, floor(40 * listener_luck))), 'hex'), at,
      at + make_interval(secs => part * duration_ms / 1000.0),
      int4multirange(int4range(0, greatest((part * duration_ms)::integer, 1))),
      greatest((part * duration_ms)::integer, 1), duration_ms, part >= 0.9,
      part * duration_ms >= least(30000, duration_ms / 2) and robot_luck >= 0.03,
      case when robot_luck < 0.02 then 'ua' when robot_luck < 0.03 then 'datacenter' end,
      (array['direct','search','search','playlist','playlist','playlist','profile','share','feed','embed'])[1 + floor(10 * source_luck)],
      (array['FR','FR','FR','DE','DE','BE','CH','US','US','GB','CA','JP'])[1 + floor(12 * country_luck)],
      (array['mobile','mobile','mobile','desktop','desktop','tablet'])[1 + floor(6 * device_luck)]
    from listened
    where at < now()
  `
  return count
}

async function insertPlays(tx: Tx, userId: string): Promise<number> {
  const { count } = await tx`
    insert into plays (
      id, issued_at, track_id, version_id, visitor, started_at, listened_ms, is_complete, is_counted,
      owner_id, source, country, device
    )
    select
      id, issued_at, track_id, version_id, visitor, started_at, listened_ms, is_complete, true,
      owner_id, source, country, device
    from listens
    where owner_id = ${userId} and is_play
    on conflict do nothing
  `
  return count
}

/** As the plays are, so that no repair of the counts finds a difference. */
async function countPlays(tx: Tx, userId: string): Promise<void> {
  await tx`
    insert into count_deltas (subject_id, counter, delta)
    select track_id, 'play_count', count(*)::integer
    from listens where owner_id = ${userId} and is_play group by track_id
  `
}

const eventColumns = (tx: Tx) => tx`
  id, client_at, at, received_at, type, visitor, session_id, track_id, product_id, owner_id, source, country, device,
  is_late, is_clamped
`

/** Who plays has looked at the track before, and some look without playing. */
async function insertViews(tx: Tx, userId: string): Promise<void> {
  await tx`
    insert into analytics_events (${eventColumns(tx)})
    select
      gen_random_uuid(), started_at, started_at, started_at, 'track_viewed', visitor, gen_random_uuid(), track_id, null,
      owner_id, source, country, device, false, false
    from listens, generate_series(1, 1 + (random() * 1.3)::integer)
    where owner_id = ${userId} and filtered is null
  `
}

/** At what is for sale, and towards the till. */
async function insertLooks(tx: Tx, userId: string): Promise<void> {
  await tx`
    insert into analytics_events (${eventColumns(tx)})
    select
      gen_random_uuid(), at, at, at, type, decode(md5(random()::text), 'hex'), gen_random_uuid(), null, p.id,
      p.seller_id, 'direct', 'FR', 'desktop', false, false
    from products p
    cross join lateral (
      select now() - make_interval(hours => (random() * ${days * 24})::integer) as at,
        case when number % 9 = 0 then 'checkout_started' else 'product_viewed' end as type
      from generate_series(1, 300) number
    ) looks
    where p.seller_id = ${userId} and p.status <> 'draft'
  `
}
