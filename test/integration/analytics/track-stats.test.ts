import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../lib/auth/actor.ts'
import { dayMs, later } from '../../../lib/time.ts'
import {
  addEvent,
  addListen,
  addPlay,
  createStatsApi,
  markHour,
  rollUpDays,
  statsRoutes,
} from '../../support/analytics.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-10T12:30:00Z')
const call = createStatsApi(sql, () => now)
const tracks = createTrackApi(sql)

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await tracks.join('ada')
  ben = await tracks.join('ben')
})

const at = (text: string) => new Date(`2026-12-${text}Z`)
const stats = async (actor: Actor, track_id: string, query: Readonly<Record<string, string>> = {}) => {
  const { status, body, text } = await call(statsRoutes.getTrackStats, actor, { params: { track_id }, query })
  if (status !== 200) throw new Error(text)
  return body
}
const explain = (actor: Actor, track_id: string, query = {}) =>
  call(statsRoutes.explainTrackStats, actor, { params: { track_id }, query })

/** Two days of December, and something on the day before the week. */
async function seedWeek() {
  const track_id = await tracks.createReady(ada)
  const track = { track_id, owner_id: ada.id }
  await addPlay(sql, { ...track, at: at('03T10:00:00'), user_id: ben.id })
  await addPlay(sql, { ...track, at: at('08T23:59:59.999'), user_id: ben.id, is_complete: true })
  await addPlay(sql, { ...track, at: at('09T00:00:00'), user_id: ben.id, listened_ms: 31_000 })
  await addPlay(sql, { ...track, at: at('09T00:10:00'), visitor: 'guest' })
  await addPlay(sql, { ...track, at: at('09T00:20:00'), visitor: 'guest' })
  await addPlay(sql, { ...track, at: at('09T00:30:00'), user_id: ben.id, is_counted: false })
  await addPlay(sql, { ...track, at: at('09T01:00:00'), visitor: 'robot', filtered: 'ua' })
  await addListen(sql, { ...track, at: at('09T02:00:00'), heard: [[0, 4_000]] })
  await addEvent(sql, { ...track, type: 'track_viewed', at: at('09T03:00:00') })
  await addEvent(sql, { ...track, type: 'track_viewed', at: at('09T03:00:00'), filtered: 'datacenter' })
  await addEvent(sql, { ...track, type: 'share_clicked', at: at('09T03:00:00') })
  await rollUpDays(sql, '2026-12-03', at('03T23:00:00'))
  await rollUpDays(sql, '2026-12-08', now)
  return track_id
}

describe('the figures of a track', () => {
  test('are those of the days of UTC that are asked for', async () => {
    const track_id = await seedWeek()
    const body = await stats(ada, track_id, { range: '7d' })

    expect(body).toMatchObject({
      track_id,
      as_of: now.toISOString(),
      interval: 'day',
      range: { from: '2026-12-04', to: '2026-12-10', day_count: 7, time_zone: 'UTC' },
      totals: {
        play_count: 4,
        // The user once, and the guest of one day.
        listener_count: 2,
        complete_count: 1,
        completion_rate: 0.25,
        listened_ms: 40_000 + 31_000 + 3 * 40_000 + 4_000,
        view_count: 1,
        share_click_count: 1,
      },
      previous: null,
    })
    expect(body.series).toHaveLength(7)
    expect(
      body.series.map((point) => [point.at.slice(0, 10), point.play_count, point.listener_count]),
    ).toEqual([
      ['2026-12-04', 0, 0],
      ['2026-12-05', 0, 0],
      ['2026-12-06', 0, 0],
      ['2026-12-07', 0, 0],
      ['2026-12-08', 1, 1],
      ['2026-12-09', 3, 2],
      ['2026-12-10', 0, 0],
    ])
  })

  test('stand beside those of as many days before, and by how much they changed', async () => {
    const track_id = await seedWeek()
    const { previous } = await stats(ada, track_id, { range: '7d', compare: 'previous' })
    expect(previous).toMatchObject({
      range: { from: '2026-11-27', to: '2026-12-03', day_count: 7 },
      totals: { play_count: 1, listener_count: 1, listened_ms: 40_000, view_count: 0 },
      change: { play_count: 3, listener_count: 1, view_count: null },
    })
  })

  test('are told hour by hour, as far as hours have begun', async () => {
    const track_id = await seedWeek()
    const query = { from: '2026-12-09', to: '2026-12-10', interval: 'hour' }
    const { series, totals } = await stats(ada, track_id, query)
    expect(series).toHaveLength(24 + 13)
    expect(series[0]).toEqual({
      at: '2026-12-09T00:00:00.000Z',
      play_count: 3,
      listener_count: null,
      complete_count: 0,
      listened_ms: 31_000 + 3 * 40_000,
      view_count: 0,
    })
    expect(series.reduce((sum, { play_count }) => sum + play_count, 0)).toBe(totals.play_count)
  })

  test('of a track that nobody heard are nothing', async () => {
    const track_id = await tracks.createReady(ada)
    const body = await stats(ada, track_id, { range: 'all', compare: 'previous' })
    expect(body).toMatchObject({
      range: { from: '2026-12-10', to: '2026-12-10', day_count: 1 },
      totals: { play_count: 0, listener_count: 0, completion_rate: null },
      previous: null,
      sources: [],
      countries: [],
      devices: [],
      retention: null,
    })
  })

  test('of all time begin with the first day that has one', async () => {
    const track_id = await seedWeek()
    const { range, totals } = await stats(ada, track_id, { range: 'all' })
    expect(range).toMatchObject({ from: '2026-12-03', to: '2026-12-10', day_count: 8 })
    expect(totals.play_count).toBe(5)
  })

  test('say nothing of how many listened where that is not known any more', async () => {
    const track_id = await tracks.createReady(ada)
    const old = new Date('2025-10-31T10:00:00Z')
    await addPlay(sql, { track_id, owner_id: ada.id, at: old, user_id: ben.id })
    await rollUpDays(sql, '2025-10-31', later(old, dayMs / 24))
    const { totals } = await stats(ada, track_id, { range: 'all' })
    expect(totals).toMatchObject({ play_count: 1, listener_count: null })
    const { totals: recent } = await stats(ada, track_id, { range: '365d' })
    expect(recent).toMatchObject({ play_count: 0, listener_count: 0 })
  })

  test('are as old as what is not summed up yet', async () => {
    const track_id = await tracks.createReady(ada)
    await markHour(sql, at('10T12:26:00'))
    expect((await stats(ada, track_id)).as_of).toBe('2026-12-10T12:26:00.000Z')
    await rollUpDays(sql, '2026-12-10', now)
    expect((await stats(ada, track_id)).as_of).toBe(now.toISOString())
  })
})

describe('where plays come from', () => {
  const seed = async (parts: readonly { country: string | null; users: number; guests?: number }[]) => {
    const track_id = await tracks.createReady(ada)
    for (const { country, users, guests = 0 } of parts) {
      for (let n = 0; n < users + guests; n++) {
        const day = 4 + (n % 6)
        const listener = n < users ? { user_id: randomUUID() } : { visitor: `guest ${n}` }
        const when = at(`0${day}T10:00:00`)
        await addPlay(sql, { track_id, owner_id: ada.id, at: when, country, source: 'feed', ...listener })
      }
    }
    await rollUpDays(sql, '2026-12-04', now)
    return track_id
  }
  const countries = async (track_id: string) =>
    (await stats(ada, track_id, { range: '7d' })).countries.map(({ value, play_count }) => [
      value,
      play_count,
    ])

  test('is told of five listeners and more, and the others are one', async () => {
    const track_id = await seed([
      { country: 'DE', users: 7 },
      { country: 'FR', users: 5 },
      { country: 'IT', users: 4 },
      { country: 'ES', users: 3 },
      { country: null, users: 6 },
    ])
    expect(await countries(track_id)).toEqual([
      ['DE', 7],
      ['FR', 5],
      ['other', 13],
    ])
    expect((await stats(ada, track_id, { range: '7d' })).sources).toEqual([
      { value: 'feed', play_count: 25, share: 1 },
    ])
  })

  test('has the smallest of the shown with the others where these could be somebody', async () => {
    const track_id = await seed([
      { country: 'DE', users: 7 },
      { country: 'FR', users: 5 },
      { country: 'IT', users: 1 },
    ])
    expect(await countries(track_id)).toEqual([
      ['DE', 7],
      ['other', 6],
    ])
  })

  test('does not take the guests of several days for several', async () => {
    // On six days one each: it may be one and the same.
    const track_id = await seed([
      { country: 'DE', users: 8 },
      { country: 'FR', users: 0, guests: 6 },
    ])
    expect(await countries(track_id)).toEqual([['other', 14]])
  })

  test('is one where there are few in all', async () => {
    const track_id = await seed([
      { country: 'DE', users: 2 },
      { country: 'FR', users: 1 },
    ])
    expect(await countries(track_id)).toEqual([['other', 3]])
  })
})

describe('how far it is heard', () => {
  test('is told second by second of the version that was listened to most', async () => {
    const track_id = await tracks.createReady(ada, {}, { duration_ms: 5_000 })
    const [{ id: version_id }] = await sql<[{ id: string }]>`
      select current_version_id as id from tracks where id = ${track_id}
    `
    const listen = (heard: readonly (readonly [number, number])[], more = {}) =>
      addListen(sql, { track_id, owner_id: ada.id, version_id, at: at('09T10:00:00'), heard, ...more })
    await listen([[0, 5_000]])
    await listen([[0, 5_000]], { at: at('08T10:00:00'), is_play: true })
    await listen([[0, 2_500]])
    // Both parts are of one second, and it is heard once.
    await listen([
      [1_100, 1_200],
      [1_300, 1_400],
    ])
    await listen([
      [0, 1_000],
      [4_000, 5_000],
    ])
    await listen([[0, 5_000]], { filtered: 'ua' })
    await listen([])
    await addListen(sql, { track_id, owner_id: ada.id, at: at('09T10:00:00'), heard: [[0, 9_000]] })
    await rollUpDays(sql, '2026-12-08', now)

    const { retention } = await stats(ada, track_id, { range: '7d' })

    expect(retention).toMatchObject({ version_id, version_number: 1, duration_ms: 5_000, listen_count: 5 })
    expect(retention!.points).toEqual([
      { from_ms: 0, heard_count: 4, share: 0.8 },
      { from_ms: 1_000, heard_count: 4, share: 0.8 },
      { from_ms: 2_000, heard_count: 3, share: 0.6 },
      { from_ms: 3_000, heard_count: 2, share: 0.4 },
      { from_ms: 4_000, heard_count: 3, share: 0.6 },
    ])
  })

  test('is not told of four listenings', async () => {
    const track_id = await tracks.createReady(ada)
    const version_id = randomUUID()
    for (let n = 0; n < 4; n++) {
      await addListen(sql, {
        track_id,
        owner_id: ada.id,
        version_id,
        at: at('09T10:00:00'),
        heard: [[0, 9_000]],
      })
    }
    await rollUpDays(sql, '2026-12-09', now)
    expect((await stats(ada, track_id)).retention).toBeNull()
  })
})

describe('why a listening does not count', () => {
  test('is told for each, and all of them are there', async () => {
    const track_id = await seedWeek()
    const { body } = await explain(ada, track_id, { range: '7d' })
    expect(body).toMatchObject({
      listen_count: 7,
      counted: 4,
      repeated: 1,
      too_short: 1,
      filtered: { ua: 1, datacenter: 0, rate: 0, no_token: 0, pattern: 0 },
      filtered_view_count: 1,
    })
  })

  test('is told by the numbers that count', async () => {
    const track_id = await tracks.createReady(ada)
    const { body } = await explain(ada, track_id)
    expect(body.rule).toMatchObject({
      least_ms: 30_000,
      least_share: 0.5,
      window_least_ms: 30_000,
      window_most_ms: 3_600_000,
      complete_share: 0.9,
      late_days: 7,
      plays_per_address_hour: 100,
      plays_per_user_day: 500,
    })
    expect(body.rule.reasons.map(({ reason }) => reason).sort()).toEqual(Object.keys(body.filtered).sort())
    expect(body.rule.text).toContain('30 s')
  })
})

describe('are read by', () => {
  const join = async (track_id: string, who: Actor, role: string, status = 'accepted') => sql`
    insert into track_collaborators (track_id, user_id, role, status)
    values (${track_id}, ${who.id}, ${role}, ${status})
  `

  test('the owner and those who may edit, and by nobody else', async () => {
    const track_id = await tracks.createReady(ada)
    const editor = await tracks.join()
    await join(track_id, editor, 'editor')
    const [viewer, invited, admin] = [await tracks.join(), await tracks.join(), await tracks.join()]
    await join(track_id, viewer, 'viewer')
    await join(track_id, invited, 'editor', 'invited')
    for (const who of [ada, editor]) {
      expect(await stats(who, track_id)).toMatchObject({ track_id })
      expect((await explain(who, track_id)).status).toBe(200)
    }
    for (const who of [ben, viewer, invited, { ...admin, role: 'admin' as const }]) {
      const { status, problem } = await call(statsRoutes.getTrackStats, who, { params: { track_id } })
      expect([status, problem.type]).toEqual([404, '/problems/not_found'])
      expect((await explain(who, track_id)).status).toBe(404)
    }
    expect((await call(statsRoutes.getTrackStats, undefined, { params: { track_id } })).status).toBe(401)
  })

  test('nobody once the track is deleted', async () => {
    const track_id = await tracks.createReady(ada)
    await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${track_id}`
    expect((await explain(ada, track_id)).status).toBe(404)
  })
})

test.each([
  { name: 'a range and days', query: { range: '7d', from: '2026-12-01', to: '2026-12-02' }, at: 'range' },
  { name: 'a first day alone', query: { from: '2026-12-01' }, at: 'to' },
  { name: 'a last day alone', query: { to: '2026-12-01' }, at: 'from' },
  { name: 'an end before its beginning', query: { from: '2026-12-02', to: '2026-12-01' }, at: 'from' },
  { name: 'over two years', query: { from: '2024-12-01', to: '2026-12-02' }, at: 'from' },
  { name: 'what is to come', query: { from: '2026-12-01', to: '2026-12-11' }, at: 'to' },
  { name: 'hours of a month', query: { range: '28d', interval: 'hour' }, at: 'interval' },
  { name: 'a day that is none', query: { from: '2026-02-30', to: '2026-03-01' }, at: 'from' },
  { name: 'another range', query: { range: '3d' }, at: 'range' },
  { name: 'what nobody knows', query: { scale: '1' }, at: 'scale' },
])('refuses $name', async ({ query, at: member }) => {
  const track_id = await tracks.createReady(ada)
  const { status, problem } = await call(statsRoutes.getTrackStats, ada, {
    params: { track_id },
    query: query as Record<string, string>,
  })
  expect(status).toBe(422)
  expect(problem.type).toBe('/problems/validation_failed')
  expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([`#/query/${member}`])
})

test('takes two years to the day', async () => {
  const track_id = await tracks.createReady(ada)
  const { range, series } = await stats(ada, track_id, { from: '2024-12-10', to: '2026-12-10' })
  expect(range.day_count).toBe(731)
  expect(series).toHaveLength(731)
})
