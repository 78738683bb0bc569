import { randomUUID } from 'node:crypto'
import type { SQSEvent } from 'aws-lambda'
import fc from 'fast-check'
import { until } from '../../../infra/local/client.ts'
import { createSalts, deleteOldSalts } from '../../../lib/analytics/clients/salts.ts'
import { keepEventMonths, keepListenMonths } from '../../../lib/analytics/expiry.ts'
import { createIngestWriter } from '../../../lib/analytics/ingest/writer.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createBatchWorker } from '../../../lib/aws/batch-worker.ts'
import type { Transaction } from '../../../lib/db/client.ts'
import { verifyPlayToken } from '../../../lib/plays/play-token.ts'
import { findPlayedVersion, recordPlay } from '../../../lib/plays/recording.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createAnalytics, type Message } from '../../support/ingest.ts'
import { playKeys } from '../../support/streams.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const clock = createClock(new Date('2026-11-20T12:00:00.000Z'))
const analytics = createAnalytics(sql, clock)
const { tracks, writer, queued, statusesOf, stream, event, beat, deliver } = analytics

let ada: Actor
beforeAll(async () => {
  ada = await analytics.join('ada')
})

const createLong = (duration_ms = 180_000) => tracks.createReady(ada, {}, { duration_ms })
const rowsOf = (track_id: string) => sql`select id from analytics_events where track_id = ${track_id}`
const listenOf = async (track_id: string) =>
  (await sql`select * from listens where track_id = ${track_id}`)[0]
const takeQueued = () => queued.splice(0)

/** As it lies in the queue. */
const plain = ({ id, body }: Message, events?: readonly unknown[]): Message => ({
  id,
  body: events ? { ...(body as object), events } : body,
})
const eventsOf = ({ body }: Message) => (body as { events: object[] }).events

describe('a listen', () => {
  test('comes out the same in whatever order, however often and in whatever batches its reports come', async () => {
    const id = await createLong(60_000)
    const token = await stream(id)
    const step = fc.record({
      wait: fc.integer({ min: 1, max: 20 }),
      from: fc.integer({ min: 0, max: 55 }),
      long: fc.integer({ min: 1, max: 12 }),
      source: fc.constantFrom('feed', 'search', undefined),
      isBot: fc.boolean(),
    })
    const steps = fc.array(step, { minLength: 1, maxLength: 8 })
    const outcomes: (string | null)[] = []

    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (made, chance) => {
        await sql`delete from listens`
        await sql`delete from plays`
        await sql`delete from play_windows`
        await sql`delete from play_rates`
        await sql`delete from analytics_events`
        const hasBots = made.length > 5
        for (const { wait, from, long, source, isBot } of made) {
          clock.advance(wait)
          const one = beat(token, from * 1_000, (from + long) * 1_000, source ? { source } : {})
          await statusesOf([one], isBot && hasBots ? { userAgent: 'curl/8.0' } : {})
        }
        const messages = takeQueued()
        await writer.write(messages)
        const first = await listenOf(id)
        const [firstPlay] = await sql`select listened_ms, is_complete, filtered, is_counted from plays`

        await sql`delete from listens`
        await sql`delete from plays`
        await sql`delete from play_windows`
        await sql`delete from analytics_events`
        const twice = [...messages, ...messages].map((one) => ({ one, place: chance.next().value }))
        const shuffled = twice.toSorted((a, b) => a.place - b.place).map(({ one }) => one)
        while (shuffled.length > 0) await writer.write(shuffled.splice(0, 1 + (chance.next().value % 3)))

        const { issued_at: _issued, ...known } = first!
        expect(await listenOf(id)).toMatchObject(known)
        const [secondPlay] = await sql`select listened_ms, is_complete, filtered, is_counted from plays`
        expect(secondPlay).toEqual(firstPlay)
        if (firstPlay) outcomes.push(firstPlay.filtered)
      }),
      { numRuns: 40, seed: 7 },
    )
    expect(outcomes).toContain(null)
    expect(outcomes).toContain('ua')
  }, 60_000)

  test('of reports that are written at once by many is whole', async () => {
    const id = await createLong()
    const token = await stream(id)
    for (let n = 0; n < 12; n++) {
      clock.advance(15)
      await statusesOf([beat(token, n * 15_000, (n + 1) * 15_000)])
    }
    const messages = takeQueued()
    const writers = (await openConnections(4)).map((db) => createIngestWriter({ sql: db, now: clock.now }))
    await Promise.all(
      writers.flatMap((one, at) => [
        one.write(messages.toSpliced(0, at)),
        one.write([...messages].reverse().slice(0, 12 - at)),
      ]),
    )
    expect(await listenOf(id)).toMatchObject({ listened_ms: 180_000, is_play: true, is_complete: true })
    expect(await sql`select is_counted from plays where track_id = ${id}`).toEqual([{ is_counted: true }])
    expect(await rowsOf(id)).toHaveLength(12)
  })

  test('is that of a play which the stream server reports at the same moment', async () => {
    const id = await createLong()
    const token = await stream(id)
    clock.advance(30)
    await statusesOf([beat(token, 0, 30_000)])
    const [server] = await openConnections(1)
    let writing: Promise<unknown> | undefined
    await server!.begin(async (tx) => {
      await reportByServer(tx, token)
      writing = deliver()
      // It has gathered the listen, and waits for the play.
      await untilBlocked(tx)
    })
    await writing
    expect(await sql`select is_counted from plays where track_id = ${id}`).toEqual([{ is_counted: true }])
    expect(await listenOf(id)).toMatchObject({ listened_ms: 30_000, is_play: true })
  })
})

/** As lib/plays/service.ts does, within a transaction that is still open. */
async function reportByServer(tx: Transaction, token: string) {
  const play = (await verifyPlayToken(async () => playKeys, token, clock.now()))!
  const version = (await findPlayedVersion(tx, play, { id: play.user_id }))!
  const reported = { owner_id: version.owner_id, started_at: play.issued_at, listened_ms: 30_000 }
  const unknown = { filtered: undefined, source: undefined, country: undefined, device: undefined }
  const about = { is_complete: false, is_anonymous: false, ...unknown }
  await recordPlay(tx, { ...play, ...reported, ...about }, version, clock.now())
}

const untilBlocked = (tx: Transaction) =>
  until('somebody to wait for this transaction', async () => {
    const rows = await tx`
      select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))
    `
    return rows.length > 0 || undefined
  })

describe('a batch', () => {
  const report = async (track_id: string, count = 1) => {
    const events = Array.from({ length: count }, () => event('track_viewed', { track_id }))
    await statusesOf(events)
    return takeQueued()[0]!
  }

  test.each([
    { name: 'is no message', spoil: (one: Message) => ({ ...one, body: { hello: 'world' } }), kept: 2 },
    { name: 'is nothing', spoil: (one: Message) => ({ ...one, body: undefined }), kept: 2 },
    {
      name: 'has an event that is none',
      spoil: (one: Message) => plain(one, [...eventsOf(one), { id: 'x' }, null]),
      kept: 3,
    },
    {
      name: 'has what no row can hold',
      spoil: (one: Message) => plain(one, [{ ...eventsOf(one)[0], properties: { query: 'a\0b' } }]),
      kept: 2,
    },
    {
      name: 'has a number that no row can hold',
      spoil: (one: Message) => plain(one, [{ ...eventsOf(one)[0], heard_to_ms: 2 ** 40 }]),
      kept: 2,
    },
  ])('is written though one of its messages $name, which is told', async ({ spoil, kept }) => {
    const id = await createLong()
    const [one, two, three] = [await report(id), await report(id), await report(id)]
    const bad = spoil(two)
    expect(await writer.write([one, bad, three])).toEqual(new Set([bad.id]))
    expect(await rowsOf(id)).toHaveLength(kept)
    // It comes again, with others.
    expect(await writer.write([bad, one, three])).toEqual(new Set([bad.id]))
    expect(await rowsOf(id)).toHaveLength(kept)
  })

  test('that cannot be written at all comes again whole, and later', async () => {
    const id = await createLong()
    const message = await report(id)
    const hidden: [string, number][] = []
    const queue = { hide: async (handle: string, seconds: number) => void hidden.push([handle, seconds]) }
    const worker = (handleBatch: typeof writer.write) =>
      createBatchWorker({ queueUrl: 'http://queue.test', queue, handleBatch })
    const records = [
      { messageId: 'a', receiptHandle: 'ra', body: JSON.stringify(message.body), attributes: attributes(1) },
      { messageId: 'b', receiptHandle: 'rb', body: '{', attributes: attributes(3) },
    ]
    const sqsEvent = { Records: records } as unknown as SQSEvent
    const broken = worker(() => Promise.reject(new Error('no database')))
    expect(await broken(sqsEvent)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    })
    expect(hidden.splice(0)).toEqual([
      ['ra', 5],
      ['rb', 300],
    ])
    expect(await worker(writer.write)(sqsEvent)).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] })
    expect(hidden).toEqual([['rb', 300]])
    expect(await rowsOf(id)).toHaveLength(1)
  })
  const attributes = (tries: number) => ({ ApproximateReceiveCount: String(tries) })

  test('of fifty thousand reports, nearly all of which were there, leaves one row each', async () => {
    const id = await createLong()
    const messages = [await report(id, 100), await report(id, 100)]
    // 50 messages of 100 events, as the event source gives them, ten times.
    const batch = Array.from({ length: 50 }, (_, n) => ({ ...messages[n % 2]!, id: randomUUID() }))
    for (let n = 0; n < 10; n++) expect(await writer.write(batch)).toEqual(new Set())
    expect(await rowsOf(id)).toHaveLength(200)
  }, 60_000)

  test('of events alone leaves the play of nobody', async () => {
    const before = await sql`select count(*) from plays`
    await statusesOf([event('play_started'), event('search_performed', { query: 'x' })])
    await deliver()
    expect(await sql`select count(*) from plays`).toEqual(before)
  })
})

describe('months', () => {
  test('that are missing at midnight lose nothing, and take over what came meanwhile', async () => {
    const id = await createLong()
    clock.advance((Date.parse('2031-12-31T23:59:45.000Z') - clock.now().getTime()) / 1_000)
    const token = await stream(id)
    clock.advance(30)
    const late = beat(token, 0, 30_000)
    await statusesOf([late, event('track_viewed', { track_id: id, at: '2031-12-31T23:59:59.999Z' })])
    await deliver()
    const places = () => sql<{ place: string }[]>`
      select tableoid::regclass::text as place from analytics_events where track_id = ${id} order by client_at
    `
    expect(await places()).toEqual(Array(2).fill({ place: 'analytics_events_other' }))
    expect(await listenOf(id)).toMatchObject({ is_play: true, listened_ms: 30_000 })

    await keepEventMonths(sql, clock.now())
    await keepListenMonths(sql, new Date('2031-12-31T23:59:59.000Z'))
    expect((await places()).map(({ place }) => place)).toEqual([
      'analytics_events_other',
      'analytics_events_2032_01',
    ])
    expect(await statusesOf([late])).toEqual(['duplicate'])
    clock.advance(15)
    await statusesOf([beat(token, 30_000, 45_000)])
    await deliver()
    const [listen] =
      await sql`select tableoid::regclass::text as place, listened_ms from listens where track_id = ${id}`
    expect(listen).toEqual({ place: 'listens_2031_12', listened_ms: 45_000 })
  })

  test('are kept for thirteen', async () => {
    await sql`select make_months('analytics_events', '2024-01-01', 1), make_months('listens', '2024-01-01', 1)`
    const now = new Date('2025-03-01T00:00:00Z')
    const months = async () =>
      (
        await sql<{ name: string }[]>`
          select relname as name from pg_class where relname in ('analytics_events_2024_01', 'listens_2024_01')
        `
      ).length
    await keepEventMonths(sql, new Date('2025-02-28T00:00:00Z'))
    expect(await months()).toBe(2)
    await keepEventMonths(sql, now)
    await keepListenMonths(sql, now)
    expect(await months()).toBe(0)
  })
})

describe('the salt of a day', () => {
  test('is one, whoever asks for it first, and another one the next day', async () => {
    const at = new Date('2026-07-01T10:00:00Z')
    const readers = (await openConnections(8)).map((db) => createSalts({ sql: db }))
    const salts = await Promise.all(readers.map((read) => read(at)))
    expect(new Set(salts.map((salt) => salt.toString('hex'))).size).toBe(1)
    expect(await readers[0]!(new Date('2026-07-02T00:00:00Z'))).not.toEqual(salts[0])
    expect(await readers[0]!(at)).toEqual(salts[0])
  })

  test('is gone two days after its day has begun', async () => {
    await createSalts({ sql })(new Date('2026-08-01T10:00:00Z'))
    const left = () => sql`select day from analytics_salts where day = '2026-08-01'`
    await deleteOldSalts(sql, new Date('2026-08-02T23:59:59Z'))
    expect(await left()).toHaveLength(1)
    await deleteOldSalts(sql, new Date('2026-08-03T00:00:00Z'))
    expect(await left()).toHaveLength(0)
  })
})
