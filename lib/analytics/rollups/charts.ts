import type { Db, Fragment, Sql } from '../../db/client.ts'
import { dayMs, dayOf, earlier, minuteMs } from '../../time.ts'
import { isListed, trackTables } from '../../tracks/visibility.ts'
import { replaceRows } from './replace-rows.ts'

/** In days, today's included; of `all` every play that ever counted. */
const periods = { day: 1, week: 7, month: 30, all: undefined } as const
type Period = keyof typeof periods

const restMs = 10 * minuteMs
const longest = 200
const anybody = { id: undefined }

/** Draws up the charts of one period that are due, of all genres and each; answers how many periods it was. */
export const drawCharts = (sql: Sql, now: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const period = await lockDuePeriod(tx, now)
    if (!period) return 0
    await replaceRows(tx, {
      table: 'charts',
      keys: ['period', 'genre', 'position'],
      values: ['track_id', 'play_count'],
      within: tx`t.period = ${period}`,
      rows: rankTracks(tx, period, now),
    })
    await tx`update chart_drawings set made_at = ${now} where period = ${period}`
    return 1
  })

async function lockDuePeriod(db: Db, now: Date): Promise<Period | undefined> {
  await db`
    insert into chart_drawings (period, made_at)
    select unnest(${Object.keys(periods)}::text[]), '-infinity' on conflict do nothing
  `
  const [row] = await db<[{ period: Period }?]>`
    select period from chart_drawings where made_at <= ${earlier(now, restMs)}
    order by made_at limit 1 for update skip locked
  `
  return row?.period
}

const rankTracks = (db: Db, period: Period, now: Date): Fragment => db`
  with played as (${playsOf(db, periods[period], now)}),
  entries as (
    select
      place.genre, t.id as track_id, played.play_count,
      row_number() over (partition by place.genre order by played.play_count desc, t.id) as position
    from played
    join ${trackTables(db, anybody)} on t.id = played.track_id
    cross join lateral (
      select '' as genre union select fold(t.genre) where fold(t.genre) <> ''
    ) place
    where ${isListed(db, anybody)}
  )
  select ${period} as period, genre, position::integer as position, track_id, play_count
  from entries
  where position <= ${longest}
`

const playsOf = (db: Db, days: number | undefined, now: Date): Fragment =>
  days === undefined
    ? db`select subject_id as track_id, play_count from counts where play_count > 0`
    : db`
        select subject_id as track_id, sum(play_count)::integer as play_count
        from daily_stats
        where day > ${dayOf(earlier(now, days * dayMs))} and day <= ${dayOf(now)} and kind = 'track' and play_count > 0
        group by subject_id
      `
