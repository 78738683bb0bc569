import { randomUUID } from 'node:crypto'
import { expectStatus, type Json, type Person, putFile, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { browser } from '../support/api.ts'
import { makeAudio } from '../support/audio.ts'
import { control, newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'

/** What listeners report at the front door, in the figures that an artist reads, to the last one. */
const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
afterAll(() => sql.end())

const analytics = '/api/v1/analytics'
const robot = 'Googlebot/2.1 (+http://www.google.com/bot.html)'
const artist = await client.join()

async function createTrack(title: string): Promise<Json> {
  const track = await client.createTrack(artist.token, { title })
  const bytes = await makeAudio('wav')
  const grant = await client.requestUpload(artist.token, track.id, {
    name: 'a.wav',
    content_type: 'audio/wav',
    bytes,
  })
  expect((await putFile(grant, bytes)).status).toBe(200)
  expect(await client.followUpload(artist.token, track.id, grant.upload_id)).toMatchObject({
    status: 'ready',
  })
  return track
}

interface Listener {
  readonly ip: string
  readonly token?: string
  readonly userAgent?: string
}

/** Each in a network of its own. */
const guest = (number: number): Listener => ({ ip: `10.77.${number}.1` })
const user = ({ token }: Person, number: number): Listener => ({ ip: `10.78.${number}.1`, token })

const callAs = async (
  { ip, token, userAgent = browser }: Listener,
  method: string,
  path: string,
  body?: Json,
) =>
  client.request(method, path, {
    ...(token && { token }),
    headers: { 'x-local-client-ip': ip, 'user-agent': userAgent },
    body,
  })

const reported: string[] = []

async function report(who: Listener, events: readonly object[]) {
  const all = events.map((event) => ({ id: randomUUID(), at: new Date().toISOString(), ...event }))
  const { results } = expectStatus(202, await callAs(who, 'POST', `${analytics}/events`, { events: all }))
  expect(results.map(({ status }: Json) => status)).toEqual(all.map(() => 'accepted'))
  reported.push(...all.map(({ id }) => id))
}

async function listen(who: Listener, track: Json, to_ms: number, source: string) {
  const { play_token } = expectStatus(200, await callAs(who, 'GET', `/api/v1/tracks/${track.id}/stream`))
  await report(who, [
    { type: 'play_started', play_token, source },
    { type: 'play_heartbeat', play_token, from_ms: 0, to_ms, source },
  ])
}

const read = async (path: string) =>
  expectStatus(200, await client.request('GET', `${analytics}/${path}`, { token: artist.token }))

/** Until all of it is written down and summed up. */
async function settle() {
  await until(
    'what was reported to be written down',
    async () => {
      const [row] =
        await sql`select count(*)::int as count from analytics_events where id = any(${reported}::uuid[])`
      return row!.count === reported.length || undefined
    },
    60_000,
  )
  const written = Date.now()
  await until(
    'what was reported to be summed up',
    async () => {
      await control('schedules/roll-up/run', {})
      return Date.parse((await read('dashboard?range=7d')).as_of) >= written || undefined
    },
    60_000,
  )
}

/** Lines of the export as objects, added up by track over the days. */
function sumLines(csv: string) {
  const [header, ...lines] = csv.replace('\ufeff', '').trim().split('\r\n')
  const names = header!.split(',')
  const sums = new Map<string, Record<string, number>>()
  for (const line of lines) {
    const cells = Object.fromEntries(line.split(',').map((cell, at) => [names[at]!, cell]))
    const { day: _day, track_id, title, ...figures } = cells
    const sum = sums.get(title!) ?? {}
    for (const [name, figure] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + Number(figure)
    sums.set(title!, sum)
    expect(track_id).toMatch(/^[\da-f-]{36}$/)
  }
  return Object.fromEntries(sums)
}

test('an artist reads exactly what was listened to, looked at, and not counted', async () => {
  const [low, high] = [await createTrack('Low'), await createTrack('High')]
  const [ada, ben] = [user(await client.join(), 1), user(await client.join(), 2)]

  // Ten plays, nine of them to the end; and one of the other track.
  for (const number of [1, 2, 3, 4, 5]) await listen(guest(number), low, 1_900, 'share')
  for (const who of [ada, ben, guest(6), guest(7)]) await listen(who, low, 1_900, 'feed')
  await listen(guest(8), low, 1_200, 'feed')
  await listen(ada, high, 1_900, 'feed')
  // What is none: again too soon, too short, by a program, from a rented server, faster than can be, of no stream.
  await listen(ada, low, 1_900, 'feed')
  await listen(guest(9), low, 500, 'feed')
  await listen({ ...guest(10), userAgent: robot }, low, 1_900, 'feed')
  await listen({ ip: '3.5.140.2' }, low, 1_900, 'feed')
  await listen(guest(11), low, 600_000, 'feed')
  await report(guest(12), [{ type: 'play_started', play_token: 'forged', track_id: low.id }])
  // What was looked at.
  const viewed = { type: 'track_viewed', track_id: low.id }
  await report(guest(1), [viewed, { type: 'share_clicked', track_id: low.id }])
  await report(ben, [viewed, { type: 'profile_viewed', profile_id: artist.user.id }])
  await report({ ...guest(10), userAgent: robot }, [viewed])
  await settle()

  const ofLow = {
    play_count: 10,
    listener_count: 10,
    complete_count: 9,
    completion_rate: 0.9,
    listened_ms: 9 * 1_900 + 1_200 + 1_900 + 500,
    view_count: 2,
    share_click_count: 1,
  }
  const stats = await read(`tracks/${low.id}/stats?range=7d`)
  expect(stats).toMatchObject({
    totals: ofLow,
    sources: [
      { value: 'feed', play_count: 5, share: 0.5 },
      { value: 'share', play_count: 5, share: 0.5 },
    ],
    devices: [{ value: 'desktop', play_count: 10 }],
    retention: { listen_count: 12, points: [{ heard_count: 12 }, { heard_count: 11 }] },
  })
  const played = stats.series.map(({ play_count }: Json) => play_count)
  expect(played.reduce((sum: number, count: number) => sum + count, 0)).toBe(10)

  const filtered = { ua: 1, datacenter: 1, rate: 0, no_token: 1, pattern: 1 }
  expect(await read(`tracks/${low.id}/stats/explain?range=7d`)).toMatchObject({
    listen_count: 16,
    counted: 10,
    repeated: 1,
    too_short: 1,
    filtered,
    filtered_view_count: 1,
  })

  expect(await read('dashboard?range=7d')).toMatchObject({
    totals: {
      ...ofLow,
      play_count: 11,
      complete_count: 10,
      completion_rate: 10 / 11,
      listened_ms: ofLow.listened_ms + 1_900,
      profile_view_count: 1,
      sale_count: 0,
    },
    top_tracks: [
      { track_id: low.id, title: 'Low', play_count: 10, view_count: 2 },
      { track_id: high.id, title: 'High', play_count: 1, view_count: 0 },
    ],
    sources: [
      { value: 'feed', play_count: 6 },
      { value: 'share', play_count: 5 },
    ],
    filtered,
  })

  const { completion_rate: _rate, ...counts } = ofLow
  expect(sumLines(await read('dashboard/export.csv?range=7d'))).toEqual({
    Low: { ...counts, repeated_count: 1, too_short_count: 1, filtered_count: 4 },
    High: {
      play_count: 1,
      listener_count: 1,
      complete_count: 1,
      listened_ms: 1_900,
      view_count: 0,
      share_click_count: 0,
      repeated_count: 0,
      too_short_count: 0,
      filtered_count: 0,
    },
  })
}, 180_000)

test('nobody else reads them', async () => {
  const { token } = await client.join()
  const track = await client.createTrack(artist.token)
  for (const path of ['stats', 'stats/explain']) {
    const answer = await client.request('GET', `${analytics}/tracks/${track.id}/${path}`, { token })
    expect(answer).toMatchObject({ status: 404 })
  }
  const { totals } = expectStatus(200, await client.request('GET', `${analytics}/dashboard`, { token }))
  expect(totals).toMatchObject({ play_count: 0, view_count: 0 })
})
