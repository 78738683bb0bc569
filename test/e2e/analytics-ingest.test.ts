import { randomUUID } from 'node:crypto'
import { expectStatus, putFile, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { browser } from '../support/api.ts'
import { makeAudio } from '../support/audio.ts'
import { newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'

/** Reports by the front door, with the tokens of real streams, until they are rows. */
const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
afterAll(() => sql.end())

const owner = await client.join()
const track = await client.createTrack(owner.token, { title: 'Counted', visibility: 'public' })
beforeAll(async () => {
  const bytes = await makeAudio('wav')
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes }
  const grant = await client.requestUpload(owner.token, track.id, file)
  expect((await putFile(grant, bytes)).status).toBe(200)
  expect(await client.followUpload(owner.token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
}, 120_000)

interface From {
  readonly token?: string
  readonly userAgent?: string
  readonly consent?: boolean
}

const report = async (events: readonly object[], { token, userAgent = browser, consent }: From = {}) =>
  expectStatus(
    202,
    await client.request('POST', '/api/v1/analytics/events', {
      token,
      headers: { 'user-agent': userAgent },
      body: { events, ...(consent !== undefined && { consent }) },
    }),
  ).results as { id: string; status: string; code?: string }[]

const stream = async (token?: string, userAgent = browser): Promise<string> =>
  expectStatus(
    200,
    await client.request('GET', `/api/v1/tracks/${track.id}/stream`, {
      token,
      headers: { 'user-agent': userAgent },
    }),
  ).play_token

const event = (type: string, members: object = {}) => ({
  id: randomUUID(),
  at: new Date().toISOString(),
  type,
  ...members,
})
const idOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).jti
const rowOf = (id: string) =>
  until(`event ${id}`, async () => (await sql`select * from analytics_events where id = ${id}`)[0], 60_000)
const playOf = (token: string) =>
  until('the play', async () => (await sql`select * from plays where id = ${idOf(token)}`)[0], 60_000)

test('heartbeats of a user and of a guest become plays, those of a program do not count', async () => {
  const listener = await client.join()
  const [own, guests, bots] = [
    await stream(listener.token),
    await stream(),
    await stream(undefined, 'Googlebot/2.1'),
  ]
  const beat = (play_token: string) =>
    event('play_heartbeat', { play_token, from_ms: 0, to_ms: 2_000, source: 'feed' })
  expect(await report([beat(own)], { token: listener.token })).toMatchObject([{ status: 'accepted' }])
  expect(await report([beat(guests)])).toMatchObject([{ status: 'accepted' }])
  expect(await report([beat(bots)], { userAgent: 'Googlebot/2.1' })).toMatchObject([{ status: 'accepted' }])

  expect(await playOf(own)).toMatchObject({
    user_id: listener.user.id,
    owner_id: owner.user.id,
    is_counted: true,
    filtered: null,
    source: 'feed',
    device: 'desktop',
  })
  expect(await playOf(guests)).toMatchObject({ user_id: null, visitor: expect.any(Buffer), is_counted: true })
  expect(await playOf(bots)).toMatchObject({ is_counted: false, filtered: 'ua' })
  const shown = expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}`))
  expect(shown.play_count).toBe(2)
}, 120_000)

test('each event has a result of its own, and those that are taken are there once', async () => {
  const viewed = event('track_viewed', { track_id: track.id })
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()
  const events = [
    viewed,
    event('track_viewed', { track_id: track.id, at: hours(-2) }),
    event('track_viewed', { track_id: track.id, at: hours(-8 * 24) }),
    event('track_viewed', { track_id: track.id, at: new Date(Date.now() + 120_000).toISOString() }),
    event('track_viewed', { track_id: track.id, at: hours(1) }),
    event('track_viewed', { track_id: track.id, at: Date.now() }),
    event('play_heartbeat', { track_id: track.id, from_ms: 0, to_ms: 1_000, play_token: 'forged' }),
    viewed,
  ]
  const results = await report(events, { consent: false, token: owner.token })
  expect(results.map(({ status, code }) => code ?? status)).toEqual([
    'accepted',
    'late',
    'too_old',
    'clamped',
    'in_future',
    'invalid_time',
    'accepted',
    'duplicate',
  ])
  expect(await rowOf(viewed.id)).toMatchObject({ user_id: null, visitor: null, owner_id: owner.user.id })
  expect(await rowOf(events[1]!.id)).toMatchObject({ is_late: true })
  expect(await rowOf(events[3]!.id)).toMatchObject({ is_clamped: true })
  expect(await rowOf(events[6]!.id)).toMatchObject({ filtered: 'no_token', play_id: null })
  expect((await report([viewed])).map(({ status }) => status)).toEqual(['duplicate'])
}, 120_000)
