import { trackRoutes } from '../../../functions/tracks/routes.ts'
import { createHistoryHandlers } from '../../../functions/users/history-handlers.ts'
import { historyRoutes } from '../../../functions/users/history-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createApi } from '../../../lib/http/api.ts'
import type { Route } from '../../../lib/http/route.ts'
import { createHistoryService } from '../../../lib/plays/history-service.ts'
import { createPlayService } from '../../../lib/plays/service.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { createUserService } from '../../../lib/users/service.ts'
import { createClock } from '../../support/accounts.ts'
import { type CallOptions, call, unlimited } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { playKeys } from '../../support/streams.ts'
import { createTrackApi } from '../../support/track-api.ts'

const { sql } = useDatabase()
const clock = createClock(new Date('2026-03-01T12:00:00Z'))
const tracks = createTrackApi(sql, clock.now)
const plays = createPlayService({ sql, loadKeys: async () => playKeys, now: clock.now })
const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })
const people = new Map<string, Actor>()

const users = createApi(
  historyRoutes,
  createHistoryHandlers({
    users: createUserService({ sql }),
    trackDeletions: createTrackDeletionService({ sql, now: clock.now }),
    history: createHistoryService({ sql }),
  }),
  {
    service: 'users',
    corsOrigins: [],
    takeCall: unlimited,
    verifyToken: async (header) => {
      const actor = people.get(header ?? '')
      return actor && { actor, expires_at: 4_000_000_000 }
    },
  },
)
const request = <R extends Route>(route: R, actor: Actor | undefined, options: CallOptions = {}) =>
  route.auth === 'user'
    ? call(users, route, { actor, ...options })
    : call(users, route, { ...options, headers: actor ? { authorization: actor.id } : {} })

const join = async () => {
  const actor = await tracks.join()
  people.set(actor.id, actor)
  return actor
}
type Person = Awaited<ReturnType<typeof join>>

let ada: Person
let ben: Person
beforeEach(async () => {
  ada = await join()
  ben = await join()
})

async function play(track_id: string, who: Actor | undefined = ben, listened_ms = 30_000) {
  clock.advance(1)
  const { body } = await tracks.request(trackRoutes.streamTrack, who, { params: { track_id } })
  const [result] = await plays.report([{ play_token: body.play_token, listened_ms }])
  return result!.status
}
const own = (who: Actor = ben, query = {}) => request(historyRoutes.getOwnHistory, who, { query })
const idsOf = async (who: Actor = ben) => (await own(who, { limit: 100 })).body.data.map(({ id }) => id)
const of = (who: Person, viewer?: Actor, query = {}) =>
  request(historyRoutes.listUserHistory, viewer, { params: { username: who.username }, query })
const show = (who: Person, settings: object) =>
  sql`update users set settings = ${sql.json(settings as never)} where id = ${who.id}`

describe('what somebody has played', () => {
  test('is listed once a track, the last played first, with when', async () => {
    const [one, two] = [await tracks.createReady(ada), await tracks.createReady(ada)]
    await play(one)
    await play(two)
    expect(await play(one)).toBe('repeated')

    const { status, body } = await own()
    expect(status).toBe(200)
    expect(body.data.map(({ id, last_played_at }) => [id, last_played_at])).toEqual([
      [one, clock.now().toISOString()],
      [two, new Date(clock.now().getTime() - 1_000).toISOString()],
    ])
  })

  test('takes in nothing that was too short', async () => {
    await play(await tracks.createReady(ada), ben, 100)
    expect(await idsOf()).toEqual([])
  })

  test('is not put back by a report that comes late', async () => {
    const id = await tracks.createReady(ada)
    const { body } = await tracks.request(trackRoutes.streamTrack, ben, { params: { track_id: id } })
    clock.advance(3_600)
    await play(id)
    const [before] = (await own()).body.data
    await plays.report([{ play_token: body.play_token, listened_ms: 30_000 }])
    expect((await own()).body.data).toEqual([{ ...before, play_count: before!.play_count + 1 }])
  })

  test('comes in pages, also while they play on', async () => {
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      const id = await tracks.createReady(ada)
      await play(id)
      ids.unshift(id)
    }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body }: Awaited<ReturnType<typeof own>> = await own(ben, {
        limit: 2,
        ...(cursor && { cursor }),
      })
      seen.push(...body.data.map(({ id }) => id))
      cursor = body.next_cursor
      await play(await tracks.createReady(ada))
    } while (cursor)
    expect(seen).toEqual(ids)
  })

  test('refuses a cursor of somebody else, and one that was forged', async () => {
    for (let n = 0; n < 2; n++) await play(await tracks.createReady(ada))
    const { body } = await own(ben, { limit: 1 })
    for (const cursor of ['x', `${body.next_cursor}A`])
      expect(await own(ben, { cursor })).toMatchObject({ status: 400 })
    expect(await own(ada, { cursor: body.next_cursor! })).toMatchObject({
      status: 400,
      problem: { code: 'invalid_request' },
    })
  })

  test('leaves out what they may see no more, and has it back with the track', async () => {
    const [gone, hidden] = [await tracks.createReady(ada), await tracks.createReady(ada)]
    const kept = await tracks.createReady(ada)
    for (const id of [gone, hidden, kept]) await play(id)
    await tracks.request(trackRoutes.deleteTrack, ada, { params: { track_id: gone } })
    await sql`update tracks set visibility = 'private' where id = ${hidden}`
    expect(await idsOf()).toEqual([kept])
    await tracks.request(trackRoutes.restoreTrack, ada, { params: { track_id: gone } })
    expect(await idsOf()).toEqual([kept, gone])
    await relations.block(ada, ben.id)
    expect(await idsOf()).toEqual([])
  })
})

describe('forgetting it', () => {
  const forget = (who: Actor) => request(historyRoutes.deleteOwnHistory, who)

  test('empties the list, leaves the counts, and keeps whose plays they were nowhere', async () => {
    const id = await tracks.createReady(ada)
    await play(id)
    await play(id, ada)
    expect(await forget(ben)).toMatchObject({ status: 204, text: '' })
    expect(await idsOf()).toEqual([])
    expect(await idsOf(ada)).toEqual([id])
    const { body } = await tracks.request(trackRoutes.getTrack, ben, { params: { track_id: id } })
    expect(body.play_count).toBe(2)
    expect(await sql`select from plays where user_id = ${ben.id}`).toHaveLength(0)
    expect(await sql`select from plays where user_id = ${ada.id}`).toHaveLength(1)
  })

  test('twice is no error, and what is played after is listed', async () => {
    for (let n = 0; n < 2; n++) expect((await forget(ben)).status).toBe(204)
    const id = await tracks.createReady(ada)
    await play(id)
    expect(await idsOf()).toEqual([id])
  })
})

describe('the history of somebody else', () => {
  test('is shown where they show it, and of that what anybody may come upon', async () => {
    const [shown, unlisted] = [
      await tracks.createReady(ada),
      await tracks.createReady(ada, { visibility: 'unlisted' }),
    ]
    const own = await tracks.createReady(ben, { visibility: 'private' })
    for (const id of [shown, unlisted, own]) await play(id)
    await show(ben, { show_history: true })

    for (const viewer of [undefined, ada]) {
      expect((await of(ben, viewer)).body.data.map(({ id }) => id)).toEqual([shown])
    }
    expect((await of(ben, ben)).body.data.map(({ id }) => id)).toEqual([own, unlisted, shown])
  })

  test.each([
    { name: 'who has not said so', settings: {} },
    { name: 'who does not', settings: { show_history: false } },
    { name: 'whose profile is private', settings: { show_history: true, profile_visibility: 'private' } },
  ])('of somebody $name is not found, but by themselves', async ({ settings }) => {
    await play(await tracks.createReady(ada))
    await show(ben, settings)
    expect(await of(ben, ada)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    expect((await of(ben, ben)).body.data).toHaveLength(1)
  })

  test('is not found by somebody whom they blocked', async () => {
    await show(ben, { show_history: true })
    await relations.block(ben, ada.id)
    expect(await of(ben, ada)).toMatchObject({ status: 404 })
    expect(await of(ben)).toMatchObject({ status: 200 })
  })
})

describe('what somebody has deleted', () => {
  const deleted = (who: Actor, query = {}) => request(historyRoutes.listDeletedTracks, who, { query })
  const remove = (track_id: string) => tracks.request(trackRoutes.deleteTrack, ada, { params: { track_id } })

  test('is listed to them alone, the last first, with the day until which it can be had back', async () => {
    const ids: string[] = []
    for (let n = 0; n < 3; n++) {
      clock.advance(60)
      const id = await tracks.createReady(ada)
      await remove(id)
      ids.unshift(id)
    }
    const first = await deleted(ada, { limit: 2 })
    const second = await deleted(ada, { limit: 2, cursor: first.body.next_cursor! })
    expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual(ids)
    expect(first.body.data[0]).toMatchObject({
      deleted_at: clock.now().toISOString(),
      purges_at: new Date(clock.now().getTime() + 30 * 24 * 3_600_000).toISOString(),
    })
    expect((await deleted(ben)).body.data).toEqual([])
    expect(await deleted(ben, { cursor: first.body.next_cursor! })).toMatchObject({ status: 400 })
  })

  test('leaves the list when it is back, or over its time', async () => {
    const [back, over] = [await tracks.createReady(ada), await tracks.createReady(ada)]
    await remove(over)
    clock.advance(60)
    await remove(back)
    clock.advance(30 * 24 * 3_600 - 60)
    expect((await deleted(ada)).body.data.map(({ id }) => id)).toEqual([back])
    await tracks.request(trackRoutes.restoreTrack, ada, { params: { track_id: back } })
    expect((await deleted(ada)).body.data).toEqual([])
  })
})
