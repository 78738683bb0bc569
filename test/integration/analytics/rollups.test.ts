import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { findAsOf } from '../../../lib/analytics/rollups/as-of.ts'
import { rollUpDay } from '../../../lib/analytics/rollups/days.ts'
import { rollUpHour } from '../../../lib/analytics/rollups/hours.ts'
import { keepListenerMonths } from '../../../lib/analytics/rollups/months.ts'
import { forgetListener, redo, rollUp } from '../../../lib/analytics/rollups/service.ts'
import type { Db } from '../../../lib/db/client.ts'
import { hourMs, later, minuteMs } from '../../../lib/time.ts'
import { addEvent, addListen, addPlay, markHour, rollUpAll } from '../../support/analytics.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)

const now = new Date('2026-12-10T12:00:00Z')
const tables = [
  'hourly_stats',
  'daily_stats',
  'daily_breakdowns',
  'listener_days',
  'daily_retention',
] as const

beforeEach(
  () => sql`
  truncate plays, listens, analytics_events, analytics_dirty_hours, analytics_rolling_hours, analytics_dirty_days,
    hourly_stats, daily_stats, daily_breakdowns, listener_days, daily_retention
`,
)

/** All that was summed up, in an order of its own. */
async function readAll(): Promise<Record<string, readonly string[]>> {
  const all: Record<string, readonly string[]> = {}
  for (const table of tables) {
    const rows = await sql<{ row: string }[]>`select t::text as row from ${sql(table)} t order by t::text`
    all[table] = rows.map(({ row }) => row)
  }
  return all
}

const [owner_id, other_id] = [randomUUID(), randomUUID()]
const track = { owner_id, track_id: randomUUID(), version_id: randomUUID() }
const tracks = [
  track,
  { owner_id, track_id: randomUUID(), version_id: randomUUID() },
  { owner_id: other_id, track_id: randomUUID(), version_id: randomUUID() },
]
const users = [randomUUID(), randomUUID(), null]
const at = (text: string) => new Date(`2026-12-${text}Z`)
const dayOf = (day: string) => sql`
  select * from daily_stats where subject_id = ${track.track_id} and day = ${day}
`

describe('what is summed up', () => {
  const reasons = [null, null, null, 'ua', 'datacenter', 'rate', 'pattern', 'no_token']
  const happening = fc.record({
    kind: fc.constantFrom('play', 'listen', 'view', 'product', 'profile'),
    track: fc.constantFrom(...tracks),
    minutes: fc.nat({ max: 30 * 60 }),
    user_id: fc.constantFrom(...users),
    visitor: fc.constantFrom('one', 'two', null),
    filtered: fc.constantFrom(...reasons),
    source: fc.constantFrom('feed', 'search', null),
    country: fc.constantFrom('DE', 'FR', null),
    is_counted: fc.boolean(),
    is_complete: fc.boolean(),
    heard: fc.array(fc.tuple(fc.nat({ max: 700_000 }), fc.integer({ min: 1, max: 90_000 })), {
      maxLength: 4,
    }),
    /** Whether a run of the schedule comes after it. */
    isRun: fc.boolean(),
  })
  /** Up to the end of the hour in which the last of them may be. */
  const whole = { from: at('01T00:00:00'), to: at('02T07:00:00') }
  type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

  async function write(one: Happening) {
    const { kind, track, minutes, heard, ...more } = one
    const when = later(at('01T00:00:00'), minutes * minuteMs)
    const is_counted = more.filtered === null && more.is_counted
    if (kind === 'play') await addPlay(sql, { ...track, ...more, is_counted, at: when })
    else if (kind === 'listen') {
      const ranges = heard.map(([from, length]) => [from, from + length] as const)
      await addListen(sql, { ...track, ...more, heard: ranges, at: when, is_play: more.is_complete })
    } else {
      const type = { view: 'track_viewed', product: 'product_viewed', profile: 'profile_viewed' }[kind]!
      const about = kind === 'product' ? { product_id: track.version_id } : { track_id: track.track_id }
      await addEvent(sql, {
        type,
        at: when,
        owner_id: track.owner_id,
        filtered: more.filtered,
        ...(kind !== 'profile' && about),
      })
    }
    await markHour(sql, when)
  }

  test('bit by bit and in any order is what it is when all of it is summed up anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 20 }), async (happenings) => {
        for (const one of happenings) {
          await write(one)
          if (one.isRun) await rollUp(sql, now)
        }
        await rollUpAll(sql, now)
        const bitByBit = await readAll()
        await sql`truncate hourly_stats, daily_stats, daily_breakdowns, listener_days, daily_retention`
        await redo(sql, whole, now)
        await rollUpAll(sql, now)
        expect(await readAll()).toEqual(bitByBit)
        // Once more, over what is there.
        await redo(sql, whole, now)
        await rollUpAll(sql, now)
        expect(await readAll()).toEqual(bitByBit)
        await sql`truncate plays, listens, analytics_events, hourly_stats, daily_stats, daily_breakdowns, listener_days, daily_retention`
      }),
      { numRuns: 8 },
    )
  }, 120_000)

  test('in as many parts as there are rows is what it is in one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 20 }), async (happenings) => {
        await sql`truncate plays, listens, analytics_events, hourly_stats, daily_stats, daily_breakdowns, listener_days, daily_retention`
        for (const one of happenings) await write(one)
        await rollUpAll(sql, now)
        const whole = await readAll()
        // What is wrong in a part must go, and what is missing must come.
        await sql`update hourly_stats set play_count = 77`
        await sql`update daily_stats set subject_id = gen_random_uuid() where kind = 'track'`
        await sql`delete from daily_breakdowns where dimension = 'device'`
        await sql`update listener_days set user_id = gen_random_uuid()`
        await sql`update daily_retention set track_id = gen_random_uuid()`
        const hours = new Set(happenings.map(({ minutes }) => Math.floor(minutes / 60)))
        for (const hour of hours) await rollUpHour(sql, later(at('01T00:00:00'), hour * hourMs), 1)
        for (const day of ['2026-12-01', '2026-12-02']) await rollUpDay(sql, day, 1)
        expect(await readAll()).toEqual(whole)
      }),
      { numRuns: 2 },
    )
  }, 120_000)

  test('has every listening once, under what became of it', async () => {
    await addPlay(sql, { ...track, at: at('09T10:10:00'), user_id: users[0]!, is_complete: true })
    await addPlay(sql, { ...track, at: at('09T10:20:00'), user_id: users[0]!, is_counted: false })
    await addPlay(sql, { ...track, at: at('09T10:30:00'), visitor: 'guest', filtered: 'ua' })
    await addListen(sql, { ...track, at: at('09T10:40:00'), heard: [[0, 5_000]] })
    await addListen(sql, { ...track, at: at('09T10:50:00'), heard: [[0, 9_000]], filtered: 'pattern' })
    // What there is a play of is in the plays.
    await addListen(sql, { ...track, at: at('09T10:10:00'), heard: [[0, 40_000]], is_play: true })
    await addEvent(sql, { ...track, type: 'play_started', at: at('09T10:55:00'), filtered: 'no_token' })
    await addEvent(sql, { ...track, type: 'play_heartbeat', at: at('09T10:56:00'), filtered: 'no_token' })
    await addEvent(sql, { ...track, type: 'track_viewed', at: at('09T10:57:00') })
    await addEvent(sql, { ...track, type: 'track_viewed', at: at('09T10:58:00'), filtered: 'ua' })
    await markHour(sql, at('09T10:00:00'))

    await rollUpAll(sql, now)

    expect(await dayOf('2026-12-09')).toMatchObject([
      {
        kind: 'track',
        owner_id,
        play_count: 1,
        repeated_count: 1,
        short_count: 1,
        ua_count: 1,
        pattern_count: 1,
        no_token_count: 1,
        datacenter_count: 0,
        rate_count: 0,
        complete_count: 1,
        listened_ms: 85_000,
        view_count: 1,
        filtered_view_count: 1,
        user_count: 1,
        guest_count: 0,
      },
    ])
    const [both] =
      await sql`select kind, play_count, view_count from daily_stats where subject_id = ${owner_id}`
    expect(both).toEqual({ kind: 'owner', play_count: 1, view_count: 1 })
  })

  test('names the owner of a track whose plays do not', async () => {
    const [user] = await sql<[{ id: string }]>`
      insert into users (username, display_name, email, password_hash)
      values ('someone', 'Someone', 'someone@example.test', '-') returning id
    `
    const [row] = await sql<[{ id: string }]>`
      insert into tracks (owner_id, title, rights_confirmed_at) values (${user.id}, 'Old', now()) returning id
    `
    await addPlay(sql, { ...track, track_id: row.id, at: at('09T10:10:00') })
    await sql`update plays set owner_id = null`
    await markHour(sql, at('09T10:10:00'))
    await rollUpAll(sql, now)
    expect(await sql`select play_count from daily_stats where subject_id = ${user.id}`).toEqual([
      { play_count: 1 },
    ])
  })
})

test('an event that comes late changes the day that it belongs to', async () => {
  await addPlay(sql, { ...track, at: at('09T23:10:00') })
  await markHour(sql, at('09T23:10:00'))
  await rollUpAll(sql, now)
  expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 1 }])

  await addPlay(sql, { ...track, at: at('09T23:50:00') })
  await markHour(sql, at('09T23:50:00'))
  await rollUpAll(sql, now)
  expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 2 }])
  expect(await dayOf('2026-12-10')).toEqual([])
})

test('what turned out not to count counts no more, and takes its rows along', async () => {
  await addPlay(sql, { ...track, at: at('09T10:10:00'), user_id: users[0]!, source: 'feed' })
  await markHour(sql, at('09T10:10:00'))
  await rollUpAll(sql, now)
  await sql`update plays set filtered = 'rate', is_counted = false`
  await markHour(sql, at('09T10:10:00'))
  await rollUpAll(sql, now)
  expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 0, rate_count: 1, user_count: 0 }])
  expect(await sql`select from listener_days`).toEqual([])
  expect(await sql`select from daily_breakdowns`).toEqual([])
})

describe('what is written while it is summed up', () => {
  const writeAndMark = async (tx: Db) => {
    await addPlay(tx as typeof sql, { ...track, at: at('09T10:20:00') })
    await markHour(tx as typeof sql, at('09T10:20:00'))
  }

  test('is not missed, whichever of the two ends first', async () => {
    const [writer] = await openConnections(1)
    await addPlay(sql, { ...track, at: at('09T10:10:00') })
    await markHour(sql, at('09T10:10:00'))
    // It has written, and its mark is in place; a run meanwhile leaves the hour to the next one.
    await writer!.begin(async (tx) => {
      await writeAndMark(tx)
      expect(await rollUp(sql, now)).toBe(0)
    })
    await rollUpAll(sql, now)
    expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 2 }])
  })

  test('waits for nobody who sums up, and is summed up next', async () => {
    const [other] = await openConnections(1)
    await addPlay(sql, { ...track, at: at('09T10:10:00') })
    await markHour(sql, at('09T10:10:00'))
    await sql`
      with taken as (delete from analytics_dirty_hours returning *)
      insert into analytics_rolling_hours select * from taken
    `
    await other!.begin(async (tx) => {
      // Somebody else is at the hour.
      await tx`select from analytics_rolling_hours for update`
      await sql.begin(writeAndMark)
    })
    await rollUpAll(sql, now)
    expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 2 }])
  })

  test('is summed up once by many runs at once', async () => {
    for (let hour = 0; hour < 10; hour++) {
      const when = later(at('09T00:10:00'), hour * hourMs)
      await addPlay(sql, { ...track, at: when, user_id: users[hour % 2]! })
      await markHour(sql, when)
    }
    const runners = await openConnections(4)
    await Promise.all(runners.map((runner) => rollUpAll(runner, now)))
    await rollUpAll(sql, now)
    expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 10, user_count: 2 }])
    expect(await sql`select from analytics_rolling_hours`).toEqual([])
  })
})

test('goes on where a run broke off', async () => {
  await addPlay(sql, { ...track, at: at('09T10:10:00') })
  await sql`insert into analytics_rolling_hours values (${at('09T10:00:00')}, ${at('09T10:11:00')})`
  expect(await findAsOf(sql, now)).toEqual(at('09T10:11:00'))
  await rollUpAll(sql, now)
  expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 1 }])
  expect(await findAsOf(sql, now)).toEqual(now)
})

test('what is older than the raw rows stays as it was summed up', async () => {
  const old = new Date('2025-11-30T10:00:00Z')
  await addPlay(sql, { ...track, at: old })
  await markHour(sql, old)
  await rollUpAll(sql, new Date('2025-12-01T00:00:00Z'))
  await sql`delete from plays`
  await markHour(sql, old)
  await redo(sql, { from: new Date('2025-11-30T00:00:00Z'), to: new Date('2025-12-01T01:00:00Z') }, now)
  await rollUpAll(sql, now)
  expect(await dayOf('2025-11-30')).toMatchObject([{ play_count: 1 }])
  expect(await sql`select from analytics_dirty_hours`).toEqual([])
})

test('a month that nobody made takes its rows all the same, and is made of them later', async () => {
  const when = new Date('2031-05-02T10:00:00Z')
  await addPlay(sql, { ...track, at: when, user_id: users[0]! })
  await markHour(sql, when)
  await rollUpAll(sql, when)
  const where = () => sql`select tableoid::regclass::text as part from listener_days`
  expect(await where()).toEqual([{ part: 'listener_days_other' }])
  await keepListenerMonths(sql, when)
  expect(await where()).toEqual([{ part: 'listener_days_2031_05' }])
  expect(await dayOf('2031-05-02')).toMatchObject([{ play_count: 1, user_count: 1 }])
})

test('who is forgotten is among the listeners of no day, and the numbers stay', async () => {
  await addPlay(sql, { ...track, at: at('09T10:10:00'), user_id: users[0]! })
  await markHour(sql, at('09T10:10:00'))
  await rollUpAll(sql, now)
  await sql.begin((tx) => forgetListener(tx, users[0]!))
  expect(await sql`select from listener_days`).toEqual([])
  expect(await dayOf('2026-12-09')).toMatchObject([{ play_count: 1, user_count: 1 }])
})
