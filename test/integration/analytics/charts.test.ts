import { drawCharts } from '../../../lib/analytics/rollups/charts.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { addPlay, createStatsApi, rollUpDays, statsRoutes } from '../../support/analytics.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'

const { sql } = useDatabase()
let now = new Date('2026-12-10T12:30:00Z')
const call = createStatsApi(sql, () => now)
const tracks = createTrackApi(sql)

const draw = async () => {
  while ((await drawCharts(sql, now)) > 0) {}
}
const chart = async (query: Readonly<Record<string, string>> = {}, who?: Actor) => {
  const { status, body, text } = await call(statsRoutes.getChart, who, { query })
  if (status !== 200) throw new Error(text)
  return body
}
const titles = async (query?: Readonly<Record<string, string>>, who?: Actor) =>
  (await chart(query, who)).data.map(
    ({ position, title, play_count }) => `${position} ${title} ${play_count}`,
  )

beforeEach(() => sql`truncate plays, hourly_stats, daily_stats, charts, chart_drawings`)

async function seedTrack(
  owner: Actor,
  fields: Readonly<Record<string, unknown>>,
  days: Readonly<Record<string, number>>,
) {
  const track_id = await tracks.createReady(owner, fields)
  for (const [day, count] of Object.entries(days)) {
    for (let n = 0; n < count; n++) {
      await addPlay(sql, { track_id, owner_id: owner.id, at: new Date(`2026-${day}T10:0${n}:00Z`) })
    }
    await rollUpDays(sql, `2026-${day}`, new Date(`2026-${day}T11:00:00Z`))
  }
  return track_id
}

test('rank what was played in a period, of all genres and of one however it is written', async () => {
  const ada = await tracks.join()
  await seedTrack(ada, { title: 'Old hit', genre: 'House' }, { '11-20': 5 })
  await seedTrack(ada, { title: 'Week', genre: 'house' }, { '12-05': 3 })
  await seedTrack(ada, { title: 'Today', genre: 'Ambient' }, { '12-10': 2 })
  expect(await chart()).toEqual({ period: 'week', genre: null, as_of: null, data: [] })

  await draw()

  expect((await chart()).as_of).toBe(now.toISOString())
  expect(await titles({ period: 'day' })).toEqual(['1 Today 2'])
  expect(await titles()).toEqual(['1 Week 3', '2 Today 2'])
  expect(await titles({ period: 'month' })).toEqual(['1 Old hit 5', '2 Week 3', '3 Today 2'])
  expect(await titles({ period: 'month', genre: 'HOUSE' })).toEqual(['1 Old hit 5', '2 Week 3'])
  expect(await titles({ period: 'month', genre: 'Jazz' })).toEqual([])
  expect(await titles({ period: 'month', limit: '1' })).toEqual(['1 Old hit 5'])
  const [entry] = (await chart()).data
  expect(entry).toMatchObject({ artist: { id: ada.id }, genre: 'house' })
})

test('of all time are of every play that ever counted', async () => {
  const ada = await tracks.join()
  const id = await tracks.createReady(ada, { title: 'For ever' })
  await sql`insert into counts (subject_id, play_count) values (${id}, 900)`
  await draw()
  expect(await titles({ period: 'all' })).toEqual(['1 For ever 900'])
  await sql`delete from counts`
})

test('show what anybody may come upon, now', async () => {
  const [ada, ben] = [await tracks.join(), await tracks.join()]
  await seedTrack(ada, { title: 'Private', visibility: 'private' }, { '12-10': 4 })
  await seedTrack(ada, { title: 'Unlisted', visibility: 'unlisted' }, { '12-10': 3 })
  const first = await seedTrack(ada, { title: 'First' }, { '12-10': 2 })
  await seedTrack(ben, { title: 'Second' }, { '12-10': 1 })
  await draw()
  expect(await titles()).toEqual(['1 First 2', '2 Second 1'])

  await sql`update tracks set visibility = 'private' where id = ${first}`
  expect(await titles()).toEqual(['1 Second 1'])

  const blocked = await tracks.join()
  await sql`insert into blocks (blocker_id, blocked_id) values (${ben.id}, ${blocked.id})`
  expect(await titles({}, blocked)).toEqual([])
  expect(await titles({}, ada)).toEqual(['1 Second 1'])
})

test('are drawn up anew after ten minutes, and are then as they are', async () => {
  const ada = await tracks.join()
  const started = now
  const id = await seedTrack(ada, { title: 'First' }, { '12-10': 1 })
  await draw()
  await sql`update daily_stats set play_count = 0 where subject_id = ${id}`
  now = later(started, 9 * minuteMs)
  expect(await drawCharts(sql, now)).toBe(0)
  expect(await titles()).toEqual(['1 First 1'])
  now = later(started, 10 * minuteMs)
  await draw()
  expect(await titles()).toEqual([])
  now = started
})

test.each([{ period: 'year' }, { limit: '101' }, { genre: 'x'.repeat(51) }])('refuses %j', async (query) => {
  expect((await call(statsRoutes.getChart, undefined, { query })).status).toBe(422)
})
