import type { Actor } from '../../../lib/auth/actor.ts'
import { deleteOldRates } from '../../../lib/plays/rates.ts'
import { createPlayService } from '../../../lib/plays/service.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createAnalytics } from '../../support/ingest.ts'
import { playKeys } from '../../support/streams.ts'

/** Whoever wants more plays than were heard, by all that is theirs to say: times, ranges and when they report. */
const { sql } = useDatabase()
const clock = createClock(new Date('2026-11-20T12:00:00.000Z'))
const analytics = createAnalytics(sql, clock)
const { tracks, statusesOf, stream, beat, deliver } = analytics
const plays = createPlayService({ sql, loadKeys: async () => playKeys, now: clock.now })

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await analytics.join('ada')
  ben = await analytics.join('ben')
})

const hour = 3_600
const createLong = (duration_ms = 180_000) => tracks.createReady(ada, {}, { duration_ms })
const beginTimes = (count: number) => new Date(clock.now().getTime() + count * 1_000)
const serverReport = async (play_token: string, started_at?: Date) =>
  (await plays.report([{ play_token, listened_ms: 30_000, ...(started_at && { started_at }) }]))[0]!.status
const issue = async (ids: readonly string[], ip: string) => {
  const tokens: string[] = []
  for (const id of ids) tokens.push(await stream(id, undefined, { ip }))
  return tokens
}

test('a network has its hundred plays an hour, whenever it says that they were played', async () => {
  const ids = await Promise.all(Array.from({ length: 102 }, () => createLong()))
  const tokens = await issue(ids, '198.51.100.7')
  const begun = beginTimes(0)
  clock.advance(30 * hour)
  const statuses: string[] = []
  for (const [n, token] of tokens.entries())
    statuses.push(await serverReport(token, new Date(begun.getTime() + (n % 24) * hour * 1_000)))
  expect(statuses.slice(0, 100)).toEqual(Array(100).fill('counted'))
  expect(statuses.slice(100)).toEqual(['filtered', 'filtered'])
})

test('what a network has used of them is not forgotten while its streams can be reported', async () => {
  const ids = await Promise.all(Array.from({ length: 101 }, () => createLong()))
  const tokens = await issue(ids, '198.51.101.7')
  for (const token of tokens.slice(0, 100)) expect(await serverReport(token)).toBe('counted')
  clock.advance(7 * 24 * hour)
  expect(await deleteOldRates(sql, clock.now())).toBeGreaterThanOrEqual(0)
  expect(await serverReport(tokens[100]!)).toBe('filtered')
  clock.advance(3 * 24 * hour)
  await deleteOldRates(sql, clock.now())
  expect(await sql`select from play_rates`).toEqual([])
})

test('a listener has played a track once in its length, also before their last play of it', async () => {
  const id = await createLong()
  const early = [await stream(id, ben), await stream(id, ben), await stream(id, ben)]
  const begun = beginTimes(0)
  clock.advance(2 * hour)
  expect(await serverReport(await stream(id, ben))).toBe('counted')
  expect(await serverReport(early[0]!, begun)).toBe('counted')
  expect(await serverReport(early[1]!, begun)).toBe('repeated')
  expect(await serverReport(early[2]!, new Date(begun.getTime() + 179_000))).toBe('repeated')
  const between = await stream(id, ben)
  clock.advance(hour)
  expect(await serverReport(await stream(id, ben))).toBe('counted')
  expect(await serverReport(between, new Date(clock.now().getTime() - hour * 500))).toBe('counted')
})

test('a listening is not made of so many parts that nobody can add them up', async () => {
  const id = await createLong()
  const token = await stream(id, ben)
  clock.advance(120)
  for (let call = 0; call < 5; call++) {
    const crumbs = Array.from({ length: 100 }, (_, n) => {
      const from = (call * 100 + n) * 2
      return beat(token, from, from + 1)
    })
    expect(new Set(await statusesOf(crumbs))).toEqual(new Set(['accepted']))
  }
  await statusesOf([beat(token, 20_000, 20_100)])
  await deliver()
  expect(await sql`select heard, listened_ms from listens where track_id = ${id}`).toEqual([
    { heard: '{[20000,20100)}', listened_ms: 100 },
  ])
})
