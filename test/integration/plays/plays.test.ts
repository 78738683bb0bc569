import { randomUUID } from 'node:crypto'
import { createInternalHandlers } from '../../../functions/internal/handlers.ts'
import { internalRoutes } from '../../../functions/internal/routes.ts'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { createApi } from '../../../lib/http/api.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { deleteOldWindows, keepPlayMonths } from '../../../lib/plays/expiry.ts'
import { signPlayToken } from '../../../lib/plays/play-token.ts'
import { createPlayService } from '../../../lib/plays/service.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { createRevocationService } from '../../../lib/revocations/service.ts'
import { createClock } from '../../support/accounts.ts'
import { call, unlimited } from '../../support/api.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { playKeys } from '../../support/streams.ts'
import { createTrackApi } from '../../support/track-api.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const clock = createClock(new Date())
const api = createTrackApi(sql, clock.now)

const createHandler = (db: Sql) =>
  createApi(
    internalRoutes,
    createInternalHandlers({
      callbacks: createCallbackService({
        sql: db,
        media: createMemoryStorage('media').media!,
        now: clock.now,
      }),
      revocations: createRevocationService({ sql: db, now: clock.now }),
      plays: createPlayService({ sql: db, loadKeys: async () => playKeys, now: clock.now }),
    }),
    { service: 'internal', corsOrigins: [], takeCall: unlimited },
  )
const internal = createHandler(sql)

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await api.join('ada')
  ben = await api.join('ben')
})

interface Report {
  readonly play_token: string
  readonly listened_ms: number
  readonly started_at?: string
}

const report = (plays: unknown, handler = internal) =>
  call(handler, internalRoutes.reportPlays, { body: { plays } })
const statusesOf = async (plays: readonly Report[], handler = internal) => {
  const { status, body, text } = await report(plays, handler)
  if (status !== 200) throw new Error(text)
  return body.results.map((one) => one.code ?? one.status)
}
const outcome = async (play_token: string, listened_ms = 30_000, more = {}) =>
  (await statusesOf([{ play_token, listened_ms, ...more }]))[0]

const stream = async (track_id: string, who?: Actor, options = {}) => {
  const { body, text } = await api.request(trackRoutes.streamTrack, who, { params: { track_id }, ...options })
  if (!body.play_token) throw new Error(text)
  return body.play_token
}
const countOf = async (track_id: string) =>
  (await api.request(trackRoutes.getTrack, ada, { params: { track_id } })).body.play_count
const createLong = (duration_ms: number | null = 180_000, fields = {}) =>
  api.createReady(ada, fields, { duration_ms })
const rowsOf = (track_id: string) => sql`
  select user_id, visitor, listened_ms, is_complete, is_counted from plays where track_id = ${track_id} order by is_counted desc
`

describe('a play', () => {
  test.each([
    { duration_ms: 180_000, least: 30_000 },
    { duration_ms: 60_000, least: 30_000 },
    { duration_ms: 59_000, least: 29_500 },
    { duration_ms: 4_000, least: 2_000 },
    { duration_ms: null, least: 30_000 },
  ])('of $duration_ms ms counts from $least ms on', async ({ duration_ms, least }) => {
    const id = await createLong(duration_ms)
    const token = await stream(id, ben)
    expect(await outcome(token, least - 1)).toBe('too_short')
    expect(await countOf(id)).toBe(0)
    expect(await outcome(token, least)).toBe('counted')
    expect(await countOf(id)).toBe(1)
  })

  test('reported again is the same play, and as long as its longest report', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    expect(await statusesOf([{ play_token: token, listened_ms: 31_000 }])).toEqual(['counted'])
    expect(
      await statusesOf([
        { play_token: token, listened_ms: 170_000 },
        { play_token: token, listened_ms: 40_000 },
      ]),
    ).toEqual(['duplicate', 'duplicate'])
    expect(await rowsOf(id)).toEqual([
      { user_id: ben.id, visitor: null, listened_ms: 170_000, is_complete: true, is_counted: true },
    ])
    expect(await countOf(id)).toBe(1)
  })

  test('reported by many at once counts once', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    const handlers = (await openConnections(6)).map(createHandler)
    const all = await Promise.all(
      handlers.flatMap((handler) =>
        [0, 1, 2].map(() => statusesOf([{ play_token: token, listened_ms: 30_000 }], handler)),
      ),
    )
    const statuses = all.flat()
    expect(statuses.filter((one) => one === 'counted')).toHaveLength(1)
    expect(statuses.filter((one) => one === 'duplicate')).toHaveLength(17)
    expect(await countOf(id)).toBe(1)
  })

  test('of the same track within its length is kept, and does not count', async () => {
    const id = await createLong(180_000)
    expect(await outcome(await stream(id, ben))).toBe('counted')
    clock.advance(179)
    expect(await outcome(await stream(id, ben))).toBe('repeated')
    clock.advance(3)
    expect(await outcome(await stream(id, ben))).toBe('counted')
    expect(await countOf(id)).toBe(2)
    expect(await rowsOf(id)).toHaveLength(3)
  })

  test.each([
    { name: 'of a second, 30 seconds', duration_ms: 1_000, window: 30 },
    { name: 'of three hours, an hour', duration_ms: 3 * 3_600_000, window: 3_600 },
    { name: 'of unknown length, an hour', duration_ms: null, window: 3_600 },
  ])('$name must be between two', async ({ duration_ms, window }) => {
    const id = await createLong(duration_ms)
    const seconds = Math.floor(Date.now() / 1_000)
    clock.advance(seconds - clock.now().getTime() / 1_000 + 20_000)
    expect(await outcome(await stream(id, ben))).toBe('counted')
    clock.advance(window - 1)
    expect(await outcome(await stream(id, ben))).toBe('repeated')
    clock.advance(1)
    expect(await outcome(await stream(id, ben))).toBe('counted')
  })

  test('of two listeners counts twice, of two guests from two networks too', async () => {
    const id = await createLong()
    for (const who of [ada, ben]) expect(await outcome(await stream(id, who))).toBe('counted')
    for (const ip of ['192.0.2.1', '192.0.3.1']) {
      expect(await outcome(await stream(id, undefined, { ip }))).toBe('counted')
      expect(await outcome(await stream(id, undefined, { ip }))).toBe('repeated')
    }
    expect(await countOf(id)).toBe(4)
  })

  test('many streams of one listener, reported at once, count once', async () => {
    const id = await createLong()
    const tokens = await Promise.all(Array.from({ length: 12 }, () => stream(id, ben)))
    const handlers = (await openConnections(6)).map(createHandler)
    const all = await Promise.all(
      tokens.map((play_token, n) => statusesOf([{ play_token, listened_ms: 30_000 }], handlers[n % 6])),
    )
    expect(all.flat().filter((one) => one === 'counted')).toHaveLength(1)
    expect(await countOf(id)).toBe(1)
  })

  test('began when it is said to, within what its stream and our clock allow', async () => {
    const id = await createLong()
    const issued = new Date(Math.floor(clock.now().getTime() / 1_000) * 1_000)
    const token = await stream(id, ben)
    clock.advance(60)
    const startedAt = async () =>
      (await sql`select started_at from plays where track_id = ${id} order by started_at`).map(
        (row) => row.started_at,
      )
    await outcome(token, 30_000, { started_at: '2001-01-01T00:00:00Z' })
    expect(await startedAt()).toEqual([issued])
    clock.advance(600)
    await outcome(await stream(id, ben), 30_000, { started_at: '2999-01-01T00:00:00Z' })
    expect((await startedAt())[1]).toEqual(clock.now())
  })
})

describe('what is refused', () => {
  const play = (track_id: string) => ({
    track_id,
    version_id: randomUUID(),
    user_id: ben.id,
    session_id: randomUUID(),
    visitor: undefined,
    share_id: undefined,
  })
  const seconds = () => Math.floor(clock.now().getTime() / 1_000)
  const tampered = (token: string, claims: object) => {
    const [header, payload, signature] = token.split('.')
    const changed = { ...JSON.parse(Buffer.from(payload!, 'base64url').toString()), ...claims }
    return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
  }

  test('a token that is none of ours, whatever it says', async () => {
    const id = await createLong()
    const token = await stream(id, ben)
    const times = { issuedAt: seconds(), expires: seconds() + 600 }
    const others = parseKeyRing(JSON.stringify({ kid: '1', key: 'x'.repeat(64) }))
    const strangers = parseKeyRing(JSON.stringify({ kid: '2', key: 'x'.repeat(64) }))
    const { body } = await api.request(trackRoutes.streamTrack, ben, { params: { track_id: id } })
    for (const bad of [
      'x',
      'a.b.c',
      tampered(token, { sub: ada.id }),
      tampered(token, { jti: randomUUID() }),
      await signPlayToken(async () => others, play(id), times),
      await signPlayToken(async () => strangers, play(id), times),
      body.stream_token,
    ]) {
      expect(await outcome(bad)).toBe('invalid_token')
    }
    expect(await countOf(id)).toBe(0)
  })

  test('a report that comes more than a week after the stream was over', async () => {
    const id = await createLong(180_000)
    const token = await stream(id, ben)
    const late = await stream(id, ada)
    clock.advance(600 + 7 * 24 * 3_600 - 1)
    expect(await outcome(token)).toBe('counted')
    clock.advance(2)
    expect(await outcome(late)).toBe('invalid_token')
  })

  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })
  test.each([
    {
      name: 'was deleted',
      spoil: (id: string) => api.request(trackRoutes.deleteTrack, ada, { params: { track_id: id } }),
    },
    {
      name: 'became private',
      spoil: (id: string) => sql`update tracks set visibility = 'private' where id = ${id}`,
    },
    {
      name: 'was hidden by moderators',
      spoil: (id: string) => sql`update tracks set hidden_at = now() where id = ${id}`,
    },
    { name: 'is of somebody who blocked the listener', spoil: () => relations.block(ada, ben.id) },
  ])('a play of a track that $name', async ({ spoil }) => {
    const id = await createLong()
    const token = await stream(id, ben)
    await spoil(id)
    const result = await outcome(token)
    await relations.unblock(ada, ben.id)
    expect(result).toBe('not_found')
    expect(await rowsOf(id)).toEqual([])
  })

  test('one of a batch keeps none of the others', async () => {
    const [one, two] = [await createLong(), await createLong()]
    const tokens = [await stream(one!, ben), await stream(two!, ben)]
    expect(
      await statusesOf([
        { play_token: 'bad', listened_ms: 30_000 },
        { play_token: tokens[0]!, listened_ms: 30_000 },
        { play_token: tokens[0]!, listened_ms: 30_000 },
        { play_token: tokens[1]!, listened_ms: 1 },
      ]),
    ).toEqual(['invalid_token', 'counted', 'duplicate', 'too_short'])
  })

  test('takes 100 reports, and not one more', async () => {
    const id = await createLong()
    const one = { play_token: await stream(id, ben), listened_ms: 30_000 }
    expect((await statusesOf(Array(100).fill(one))).filter((status) => status === 'counted')).toHaveLength(1)
    expect(await report(Array(101).fill(one))).toMatchObject({ status: 422 })
  })

  test.each([
    { name: 'nothing', plays: [] },
    { name: 'no token', plays: [{ listened_ms: 1 }] },
    { name: 'a negative time', plays: [{ play_token: 'x', listened_ms: -1 }] },
    { name: 'a huge time', plays: [{ play_token: 'x', listened_ms: 2 ** 53 }] },
    { name: 'half a millisecond', plays: [{ play_token: 'x', listened_ms: 0.5 }] },
    { name: 'a huge token', plays: [{ play_token: 'x'.repeat(2_049), listened_ms: 1 }] },
    { name: 'an unknown field', plays: [{ play_token: 'x', listened_ms: 1, user_id: 'me' }] },
  ])('a batch with $name', async ({ plays }) => {
    expect(await report(plays)).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  })
})

test('a play by a secret link counts while the link is good', async () => {
  const id = await createLong(180_000, { visibility: 'private' })
  const { body: link } = await api.request(trackRoutes.createShare, ada, {
    params: { track_id: id },
    body: {},
  })
  const open = async (who?: Actor) =>
    (await api.request(trackRoutes.openShare, who, { params: { share_token: link.token } })).body.stream
      .play_token
  const late = await open(ben)
  expect(await outcome(await open())).toBe('counted')
  await api.request(trackRoutes.revokeShare, ada, { params: { share_id: link.id } })
  expect(await outcome(late)).toBe('not_found')
  expect(await countOf(id)).toBe(1)
})

describe('what is kept', () => {
  test('says of a guest no more than a hash that is another one the next day', async () => {
    const id = await createLong()
    await outcome(await stream(id))
    clock.advance(24 * 3_600)
    await outcome(await stream(id))
    const [one, two] = await rowsOf(id)
    expect(one).toMatchObject({ user_id: null, visitor: expect.any(Buffer) })
    expect(one!.visitor).not.toEqual(two!.visitor)
  })

  test('is parted by the month, a year of it and one month more', async () => {
    const months = async () =>
      (
        await sql<{ name: string }[]>`
          select relname as name from pg_class join pg_inherits on inhrelid = pg_class.oid
          where inhparent = 'plays'::regclass and relname <> 'plays_other' order by relname
        `
      ).map(({ name }) => name)
    await sql`select make_months('plays', '2031-01-01', 1)`
    await keepPlayMonths(sql, new Date('2031-12-31T23:59:59Z'))
    expect(await months()).toEqual(
      expect.arrayContaining(['2031_12', '2032_01', '2032_02', '2032_03'].map((month) => `plays_${month}`)),
    )
    await expect(keepPlayMonths(sql, new Date('2031-12-31T23:59:59Z'))).resolves.toBe(0)
    expect(await months()).toContain('plays_2031_01')
  })

  test('drops months that are over their time', async () => {
    await sql`select make_months('plays', '2020-01-01', 2)`
    const dropped = await keepPlayMonths(sql, new Date('2021-03-01T00:00:00Z'))
    const [left] =
      await sql`select to_regclass('plays_2020_01') as january, to_regclass('plays_2020_02') as february`
    expect(left).toEqual({ january: null, february: 'plays_2020_02' })
    expect(dropped).toBeGreaterThan(0)
  })

  test('forgets when a listener played last once no report can meet it', async () => {
    const id = await createLong()
    await outcome(await stream(id, ben))
    const left = () => sql`select from play_windows where track_id = ${id}`
    await deleteOldWindows(sql, clock.now())
    expect(await left()).toHaveLength(1)
    clock.advance(9 * 24 * 3_600)
    await deleteOldWindows(sql, clock.now())
    expect(await left()).toHaveLength(0)
  })
})
