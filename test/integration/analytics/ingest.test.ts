import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createAnalytics } from '../../support/ingest.ts'

const { sql } = useDatabase()
const clock = createClock(new Date('2026-11-20T12:00:00.000Z'))
const analytics = createAnalytics(sql, clock)
const { tracks, report, statusesOf, stream, event, beat, deliver } = analytics

let ada: Actor
beforeAll(async () => {
  ada = await analytics.join('ada')
})

const createLong = (duration_ms: number | null = 180_000) => tracks.createReady(ada, {}, { duration_ms })
const inTime = (seconds: number) => new Date(clock.now().getTime() + seconds * 1_000).toISOString()
const eventOf = async (id: string) => (await sql`select * from analytics_events where id = ${id}`)[0]
describe('reports', () => {
  test('are judged one by one, and the good ones written down', async () => {
    const id = await createLong()
    const good = event('track_viewed', { track_id: id, source: 'search' })
    const { status, body } = await report([
      good,
      { ...event('track_viewed'), track_id: 'x' },
      event('page_viewed'),
      event('track_viewed', { track_id: id, at: 1_760_000_000_000 }),
      event('track_viewed', { track_id: id, mood: 'sad' }),
      17,
      good,
      event('search_performed', { query: 'lo-fi\tnight\n\\x', result_count: 3 }),
    ])
    expect(status).toBe(202)
    expect(body.results.map((one) => one.code ?? one.status)).toEqual([
      'accepted',
      'invalid_event',
      'unknown_type',
      'invalid_time',
      'invalid_event',
      'invalid_event',
      'duplicate',
      'accepted',
    ])
    expect(body.results[3]!.detail).toMatch(/a number is not read as a time/)
    await deliver()
    expect(await eventOf(good.id)).toMatchObject({
      type: 'track_viewed',
      track_id: id,
      owner_id: ada.id,
      source: 'search',
      device: 'desktop',
      filtered: null,
      is_late: false,
      user_id: null,
      visitor: expect.any(Buffer),
    })
    expect((await eventOf(body.results[7]!.id!))!.properties).toEqual({
      query: 'lo-fi\tnight\n\\x',
      result_count: 3,
    })
  })

  test.each([
    { name: 'now', seconds: 0, status: 'accepted' },
    { name: 'an hour ago', seconds: -3_600, status: 'accepted' },
    { name: 'over an hour ago', seconds: -3_601, status: 'late' },
    { name: 'seven days ago', seconds: -7 * 86_400, status: 'late' },
    { name: 'over seven days ago', seconds: -7 * 86_400 - 1, status: 'too_old' },
    { name: 'in the far past', seconds: -800 * 86_400, status: 'too_old' },
    { name: 'in five minutes', seconds: 300, status: 'clamped' },
    { name: 'in over five minutes', seconds: 301, status: 'in_future' },
    { name: 'in the far future', seconds: 800 * 86_400, status: 'in_future' },
  ])('of something $name are $status', async ({ seconds, status }) => {
    const one = event('profile_viewed', { profile_id: ada.id, at: inTime(seconds) })
    expect(await statusesOf([one])).toEqual([status])
    await deliver()
    const row = await eventOf(one.id)
    if (status === 'too_old' || status === 'in_future') expect(row).toBeUndefined()
    else
      expect(row).toMatchObject({
        client_at: new Date(one.at),
        at: new Date(inTime(Math.min(seconds, 0))),
        is_late: status === 'late',
        is_clamped: status === 'clamped',
        owner_id: ada.id,
      })
  })

  test('may have any zone', async () => {
    const one = event('profile_viewed', { profile_id: ada.id, at: '2026-11-20T13:59:00.5+02:00' })
    expect(await statusesOf([one])).toEqual(['accepted'])
    await deliver()
    expect((await eventOf(one.id))!.at).toEqual(new Date('2026-11-20T11:59:00.500Z'))
  })

  test('that come again are duplicates, and were those on the way are met by the first when written', async () => {
    const one = event('profile_viewed', { profile_id: ada.id })
    await statusesOf([one])
    expect(await statusesOf([one])).toEqual(['accepted'])
    await deliver()
    expect(await statusesOf([one, { ...one, id: one.id.toUpperCase() }])).toEqual(['duplicate', 'duplicate'])
    expect(analytics.queued).toHaveLength(0)
    expect(await sql`select from analytics_events where id = ${one.id}`).toHaveLength(1)
  })

  test.each([
    { name: 'over 100', body: () => Array.from({ length: 101 }, () => event('profile_viewed')) },
    { name: 'over 256 KiB', body: () => [{ ...event('search_performed'), query: 'x'.repeat(257 * 1024) }] },
  ])('of $name are too many for one call', async ({ body }) => {
    expect(await report(body())).toMatchObject({ status: 413, problem: { code: 'payload_too_large' } })
    expect(analytics.queued).toHaveLength(0)
  })

  test.each(['isRefusing', 'isBroken'] as const)('are not taken where the queue %s', async (fault) => {
    const one = event('profile_viewed', { profile_id: ada.id })
    analytics.faults[fault] = true
    expect(await report([one])).toMatchObject({ status: 503, problem: { code: 'unavailable' } })
    analytics.faults[fault] = false
    expect(analytics.queued).toHaveLength(0)
    expect(await statusesOf([one])).toEqual(['accepted'])
    await deliver()
  })

  test('fit into one message, however large they are', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, async () => stream(await createLong())))
    const beats = tokens.map((token) =>
      beat(token, 0, 1, { session_id: randomUUID(), source: 'playlist', at: inTime(1) }),
    )
    const searches = Array.from({ length: 100 }, () =>
      event('search_performed', { query: '\u0001'.repeat(200), session_id: randomUUID(), result_count: 1 }),
    )
    for (const events of [beats, searches]) {
      await report(events)
      const [message] = analytics.queued
      expect(Buffer.byteLength(JSON.stringify(message!.body))).toBeLessThan(256 * 1024 * 0.8)
      await deliver()
    }
  })
})
