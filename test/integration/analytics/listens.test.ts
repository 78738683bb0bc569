import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createHistoryService } from '../../../lib/plays/history-service.ts'
import { createPlayService } from '../../../lib/plays/service.ts'
import { createClock } from '../../support/accounts.ts'
import { browser } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createAnalytics, type ReportOptions } from '../../support/ingest.ts'
import { playKeys } from '../../support/streams.ts'

const { sql } = useDatabase()
const clock = createClock(new Date('2026-11-20T12:00:00.000Z'))
const analytics = createAnalytics(sql, clock)
const { tracks, statusesOf, stream, event, beat, deliver } = analytics
const plays = createPlayService({ sql, loadKeys: async () => playKeys, now: clock.now })

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await analytics.join('ada')
  ben = await analytics.join('ben')
})
beforeEach(() => {
  // Another hour, so that the plays of one test are not too many in another.
  clock.advance(3_600)
})

const createLong = (duration_ms: number | null = 180_000) => tracks.createReady(ada, {}, { duration_ms })
const listensOf = (track_id: string) =>
  sql`select * from listens where track_id = ${track_id} order by started_at, id`
const playsOf = (track_id: string) =>
  sql`select * from plays where track_id = ${track_id} order by started_at, id`
const countOf = async (track_id: string) => {
  const [row] = await sql`
    select coalesce(sum(delta), 0)::int as count from count_deltas where subject_id = ${track_id}
  `
  return row!.count
}
const dirtyHours = async () =>
  (await sql<{ hour: Date }[]>`select hour from analytics_dirty_hours order by hour`).map(({ hour }) => hour)

/** Listens from somewhere on, a heartbeat every 15 s of the clock, and has it written down. */
async function listen(play_token: string, seconds: number, options: ReportOptions = {}, start = 0) {
  for (let from = start; from < start + seconds; from += 15) {
    const to = Math.min(from + 15, start + seconds)
    clock.advance(to - from)
    await statusesOf([beat(play_token, from * 1_000, to * 1_000)], options)
  }
  await deliver()
}
const serverReport = async (play_token: string, listened_ms: number) =>
  (await plays.report([{ play_token, listened_ms }]))[0]!.status

describe('a play', () => {
  test.each([
    { duration_ms: 180_000, seconds: 29, made: 0 },
    { duration_ms: 180_000, seconds: 30, made: 1 },
    { duration_ms: 40_000, seconds: 19, made: 0 },
    { duration_ms: 40_000, seconds: 20, made: 1 },
    { duration_ms: null, seconds: 29, made: 0 },
    { duration_ms: null, seconds: 30, made: 1 },
  ])('of $duration_ms ms is made of $seconds s: $made', async ({ duration_ms, seconds, made }) => {
    const id = await createLong(duration_ms)
    await listen(await stream(id, ben), seconds, { who: ben })
    expect(await playsOf(id)).toHaveLength(made)
    expect(await countOf(id)).toBe(made)
    expect(await listensOf(id)).toMatchObject([
      { listened_ms: seconds * 1_000, is_play: made === 1, user_id: ben.id, owner_id: ada.id },
    ])
  })

  test('goes on growing, and is complete from 90 % on', async () => {
    const id = await createLong(100_000)
    const token = await stream(id, ben)
    await listen(token, 89, { who: ben })
    expect(await playsOf(id)).toMatchObject([{ listened_ms: 89_000, is_complete: false, is_counted: true }])
    await listen(token, 1, { who: ben }, 89)
    expect(await playsOf(id)).toMatchObject([
      { listened_ms: 90_000, is_complete: true, owner_id: ada.id, user_id: ben.id, device: 'desktop' },
    ])
    expect(await countOf(id)).toBe(1)
  })

  test('leaves out what was skipped and what was heard twice', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    await listen(token, 15)
    clock.advance(60)
    await statusesOf([event('play_paused', { play_token: token, position_ms: 15_000 })])
    await statusesOf([event('play_seeked', { play_token: token, from_ms: 15_000, to_ms: 100_000 })])
    await listen(token, 10, {}, 0)
    expect(await playsOf(id)).toHaveLength(0)
    await listen(token, 15, {}, 100)
    expect(await listensOf(id)).toMatchObject([{ listened_ms: 30_000, heard: '{[0,15000),[100000,115000)}' }])
    expect(await playsOf(id)).toHaveLength(1)
  })

  test('is no longer than the time that has passed', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    clock.advance(20)
    await statusesOf([beat(token, 0, 45_000)])
    await deliver()
    expect(await listensOf(id)).toMatchObject([{ listened_ms: 25_000, filtered: null }])
    expect(await playsOf(id)).toHaveLength(0)
    clock.advance(5)
    await statusesOf([event('play_ended', { play_token: token, position_ms: 45_000 })])
    await deliver()
    expect(await playsOf(id)).toMatchObject([{ listened_ms: 30_000 }])
  })

  test('counts once for a listener in the length of the track', async () => {
    const id = await createLong(60_000)
    await listen(await stream(id, ben), 30, { who: ben })
    await listen(await stream(id, ben), 29, { who: ben })
    await listen(await stream(id, ben), 30, { who: ben })
    expect(await playsOf(id)).toMatchObject([{ is_counted: true }, { is_counted: false, filtered: null }])
    clock.advance(60)
    await listen(await stream(id, ben), 30, { who: ben })
    expect(await countOf(id)).toBe(2)
  })

  test('that the server has reported is the same, whoever came first', async () => {
    const [one, two] = [await createLong(), await createLong()]
    const token = await stream(one, ben)
    await listen(token, 45, { who: ben })
    expect(await serverReport(token, 60_000)).toBe('duplicate')
    expect(await playsOf(one)).toMatchObject([{ listened_ms: 60_000, is_counted: true }])

    const other = await stream(two, ben)
    expect(await serverReport(other, 30_000)).toBe('counted')
    await listen(other, 15, { who: ben })
    expect(await listensOf(two)).toMatchObject([{ is_play: true, listened_ms: 15_000 }])
    await listen(other, 45, { who: ben }, 15)
    expect(await playsOf(two)).toMatchObject([{ listened_ms: 60_000, is_counted: true }])
    expect([await countOf(one), await countOf(two)]).toEqual([1, 1])
  })

  test('is in the history of whoever played it', async () => {
    const id = await createLong()
    await listen(await stream(id, ben), 30, { who: ben })
    const history = createHistoryService({ sql })
    const { data } = await history.listOwn(ben, { limit: 1, cursor: undefined })
    expect(data.map((row) => row.id)).toEqual([id])
    await history.forget(ben)
    for (const table of ['plays', 'listens', 'analytics_events'])
      expect(await sql`select from ${sql(table)} where user_id = ${ben.id}`).toEqual([])
    expect(await playsOf(id)).toMatchObject([{ user_id: null, is_counted: true }])
  })

  test('is none of somebody who may not see the track any more', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    await sql`update tracks set visibility = 'private' where id = ${id}`
    await listen(token, 30, { who: ben })
    expect(await playsOf(id)).toEqual([])
    expect(await listensOf(id)).toHaveLength(1)
  })

  test('marks the hours that it touches', async () => {
    const id = await createLong()
    await sql`delete from analytics_dirty_hours`
    clock.advance(3_600 - ((clock.now().getTime() / 1_000) % 3_600) - 10)
    const hour = new Date(Math.floor(clock.now().getTime() / 3_600_000) * 3_600_000)
    await listen(await stream(id, ben), 30, { who: ben })
    expect(await dirtyHours()).toEqual([hour, new Date(hour.getTime() + 3_600_000)])
  })
})

describe('what does not count', () => {
  test.each([
    {
      name: 'a program',
      options: { userAgent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' },
      reason: 'ua',
    },
    { name: 'nobody says what', options: { userAgent: '' }, reason: 'ua' },
    { name: 'a rented server', options: { ip: '3.5.140.2' }, reason: 'datacenter' },
    { name: 'a rented server of the newer kind', options: { ip: '2a01:4f8:1:2::3' }, reason: 'datacenter' },
  ])('is kept where $name has called: $reason', async ({ options, reason }) => {
    const id = await createLong()
    await listen(await stream(id), 45, options)
    expect(await playsOf(id)).toMatchObject([{ filtered: reason, is_counted: false, listened_ms: 45_000 }])
    expect(await listensOf(id)).toMatchObject([{ filtered: reason, is_play: true }])
    expect(await sql`select distinct filtered from analytics_events where track_id = ${id}`).toEqual([
      { filtered: reason },
    ])
    expect(await countOf(id)).toBe(0)
  })

  test('is told by the token as well, whoever reports', async () => {
    const id = await createLong()
    const token = await stream(id, undefined, { userAgent: 'curl/8.0' })
    expect(await serverReport(token, 60_000)).toBe('filtered')
    expect(await playsOf(id)).toMatchObject([{ filtered: 'ua', is_counted: false }])
    expect(await countOf(id)).toBe(0)
  })

  test('is taken back where that shows later', async () => {
    const id = await createLong()
    const token = await stream(id)
    await listen(token, 30)
    expect(await countOf(id)).toBe(1)
    await listen(token, 15, { userAgent: 'python-requests/2.31' }, 30)
    expect(await playsOf(id)).toMatchObject([{ filtered: 'ua', is_counted: false }])
    expect(await countOf(id)).toBe(0)
  })

  test('is a report without a good token', async () => {
    const id = await createLong()
    const reports = [beat('forged', 0, 60_000), { ...beat('x', 0, 60_000), play_token: undefined }]
    const events = reports.map((one) => ({ ...one, track_id: id }))
    expect(await statusesOf(events)).toEqual(['accepted', 'accepted'])
    await deliver()
    const rows = await sql`select filtered, play_id, owner_id from analytics_events where track_id = ${id}`
    expect(rows).toEqual(Array(2).fill({ filtered: 'no_token', play_id: null, owner_id: ada.id }))
    expect([await listensOf(id), await playsOf(id)]).toEqual([[], []])
  })

  test('is a stream that was heard faster than it can be', async () => {
    const id = await createLong()
    const token = await stream(id)
    clock.advance(5)
    const beats = Array.from({ length: 12 }, (_, n) => beat(token, n * 15_000, (n + 1) * 15_000))
    await statusesOf(beats)
    await deliver()
    clock.advance(300)
    await statusesOf([event('play_ended', { play_token: token, position_ms: 180_000 })])
    await deliver()
    expect(await playsOf(id)).toMatchObject([
      { filtered: 'pattern', is_counted: false, listened_ms: 180_000 },
    ])
    expect(await countOf(id)).toBe(0)
  })

  test('is the 101st play of a network in an hour, by reports of either kind', async () => {
    const ids = await Promise.all(Array.from({ length: 102 }, () => createLong()))
    clock.advance(3_600 - ((clock.now().getTime() / 1_000) % 3_600))
    const ip = '198.51.100.7'
    const tokens = await Promise.all(ids.map((id) => stream(id, undefined, { ip })))
    for (const token of tokens.slice(0, 100)) expect(await serverReport(token, 30_000)).toBe('counted')
    clock.advance(30)
    await statusesOf([beat(tokens[100]!, 0, 30_000)], { ip })
    await deliver()
    expect(await playsOf(ids[100]!)).toMatchObject([{ filtered: 'rate', is_counted: false }])
    expect(await serverReport(tokens[101]!, 30_000)).toBe('filtered')
    // Its neighbour is not held to account for it.
    const neighbour = await stream(ids[101]!, undefined, { ip: '198.51.101.7' })
    expect(await serverReport(neighbour, 30_000)).toBe('counted')
  })

  test('is the 501st play of a user in a day', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    const since = new Date(Math.floor(clock.now().getTime() / 86_400_000) * 86_400_000)
    await sql`
      insert into play_rates values (${`user:${ben.id}`}, ${since}, 500)
      on conflict (subject, since) do update set play_count = 500
    `
    expect(await serverReport(token, 30_000)).toBe('filtered')
    expect(await playsOf(id)).toMatchObject([{ filtered: 'rate', user_id: ben.id }])
    await sql`delete from play_rates`
  })
})

describe('whoever wants to be nobody', () => {
  test.each([
    { name: 'says so in the call', options: { consent: false } },
    { name: 'says so by DNT', options: { headers: { dnt: '1' } } },
    { name: 'says so by GPC', options: { headers: { 'sec-gpc': '1' } } },
  ])('and $name counts, and is kept nowhere', async ({ options }) => {
    const id = await createLong()
    const viewed = event('track_viewed', { track_id: id })
    await statusesOf([viewed], { ...options, who: ben })
    await listen(await stream(id, ben), 30, { ...options, who: ben })
    await listen(await stream(id), 30, options)
    expect(await countOf(id)).toBe(2)
    for (const table of ['plays', 'listens', 'analytics_events']) {
      const rows = await sql`select distinct user_id, visitor from ${sql(table)} where track_id = ${id}`
      expect(rows).toEqual([{ user_id: null, visitor: null }])
    }
  })

  test('has no visit by which what they did before and after can be put together', async () => {
    const id = await createLong()
    const session_id = randomUUID()
    await statusesOf([event('track_viewed', { track_id: id, session_id })], { consent: false, who: ben })
    await deliver()
    expect(await sql`select session_id from analytics_events where track_id = ${id}`).toEqual([
      { session_id: null },
    ])
  })

  test('is nobody where the stream was asked for so, whatever the reports say', async () => {
    const headers = { dnt: '1' }
    const id = await createLong()
    const session_id = randomUUID()
    const [own, guests] = [await stream(id, ben, { headers }), await stream(id, undefined, { headers })]
    clock.advance(30)
    await statusesOf([beat(own, 0, 30_000, { session_id })], { who: ben })
    await statusesOf([beat(guests, 0, 30_000, { session_id })])
    await deliver()
    for (const table of ['plays', 'listens', 'analytics_events']) {
      const rows = await sql`select distinct user_id, visitor from ${sql(table)} where track_id = ${id}`
      expect(rows).toEqual([{ user_id: null, visitor: null }])
    }
    expect(await sql`select distinct session_id from analytics_events where track_id = ${id}`).toEqual([
      { session_id: null },
    ])
  })

  test('is nobody to the stream server either: neither in a history nor in what is counted of users', async () => {
    const id = await createLong()
    await sql`delete from play_rates`
    expect(await serverReport(await stream(id, ben, { headers: { dnt: '1' } }), 60_000)).toBe('counted')
    expect(await sql`select from listening_history where track_id = ${id}`).toEqual([])
    const rates = await sql<{ subject: string }[]>`select subject from play_rates`
    expect(rates.map(({ subject }) => subject.split(':')[0])).toEqual(['network'])
  })

  test('is told again by the same hash, and played it once', async () => {
    const id = await createLong()
    for (let n = 0; n < 2; n++) await listen(await stream(id, ben), 30, { consent: false, who: ben })
    expect(await playsOf(id)).toMatchObject([{ is_counted: true }, { is_counted: false }])
  })

  test('is forgotten where they say so later', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    await listen(token, 30, { who: ben })
    await listen(token, 15, { who: ben, consent: false }, 30)
    expect(await playsOf(id)).toMatchObject([{ user_id: null, is_counted: true }])
    expect(await listensOf(id)).toMatchObject([{ user_id: null, is_anonymous: true }])
  })
})

test('no address and no program is kept anywhere', async () => {
  const id = await createLong()
  const [ip, userAgent] = ['203.0.113.77', `${browser} Distinct/77.5`]
  await statusesOf([event('track_viewed', { track_id: id })], { ip, userAgent })
  await listen(await stream(id, undefined, { ip, userAgent }), 30, { ip, userAgent })
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
  `
  expect(tables.length).toBeGreaterThan(50)
  for (const { name } of tables) {
    const found = await sql`
      select to_jsonb(r) as row from ${sql(name)} r
      where to_jsonb(r)::text like any (${[`%${ip}%`, '%203.0.113%', '%Distinct/77%']})
    `
    expect({ [name]: found }).toEqual({ [name]: [] })
  }
})
