import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { deleteOldClicks } from '../../../lib/tracks/shares/expiry.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const clock = createClock(new Date('2026-03-01T12:00:00Z'))
const api = createTrackApi(sql, clock.now)
const days = 24 * 3_600
const inTime = (seconds: number) => new Date(clock.now().getTime() + seconds * 1_000).toISOString()

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await api.join('ada')
  ben = await api.join('ben')
})

const share = (track_id: string, body: object = {}, who = ada) =>
  api.request(trackRoutes.createShare, who, { params: { track_id }, body })
const open = (share_token: string, who?: Actor, options = {}) =>
  api.request(trackRoutes.openShare, who, { params: { share_token }, ...options })
const getShare = (share_id: string, who = ada) =>
  api.request(trackRoutes.getShare, who, { params: { share_id } })
const revoke = (share_id: string, who = ada) =>
  api.request(trackRoutes.revokeShare, who, { params: { share_id } })
const list = (track_id: string, who = ada, query = {}) =>
  api.request(trackRoutes.listShares, who, { params: { track_id }, query })
const clicksOf = async (id: string) => (await getShare(id)).body.click_count

const createSecret = () => api.createReady(ada, { visibility: 'private' })
const shared = async (body: object = {}) => {
  const track_id = await createSecret()
  return (await share(track_id, body)).body
}

describe('making a link', () => {
  test('shows it once, and keeps only a hash of its token', async () => {
    const track_id = await createSecret()
    const { status, body, headers } = await share(track_id, { label: 'For the label' })

    expect(status).toBe(201)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toMatchObject({
      track_id,
      label: 'For the label',
      click_count: 0,
      created_at: inTime(0),
      expires_at: inTime(7 * days),
      revoked_at: null,
      url: `https://app.test/s/${body.token}`,
    })
    expect(Buffer.from(body.token, 'base64url')).toHaveLength(32)
    const { token: _token, url: _url, ...rest } = body
    expect((await getShare(body.id)).body).toEqual(rest)
    const [row] = await sql`select s::text as text from track_shares s where id = ${body.id}`
    expect(row!.text).not.toContain(body.token)
  })

  test('is good until it is revoked where that is asked for', async () => {
    const { token } = await shared({ expires_at: null })
    clock.advance(400 * days)
    expect((await open(token)).status).toBe(200)
    expect((await open(token)).body.expires_at).toBeNull()
  })

  test.each([
    { name: 'a year ahead', seconds: 365 * days, status: 201 },
    { name: 'a second more', seconds: 365 * days + 1, status: 422 },
    { name: 'now', seconds: 0, status: 422 },
    { name: 'the past', seconds: -1, status: 422 },
  ])('with an end in $name answers $status', async ({ seconds, status }) => {
    const answer = await share(await createSecret(), { expires_at: inTime(seconds) })
    expect(answer.status).toBe(status)
    if (status === 422) expect(answer.problem.errors?.[0]?.pointer).toBe('#/body/expires_at')
  })

  test.each([{ label: '' }, { label: 'x'.repeat(101) }, { token: 'mine' }, { expires_at: 'never' }])(
    'refuses %j',
    async (body) => {
      expect(await share(await createSecret(), body)).toMatchObject({ status: 422 })
    },
  )

  test('is the owner alone to do, to see and to revoke', async () => {
    const track_id = await api.createReady(ada)
    await sql`insert into track_collaborators ${sql({ track_id, user_id: ben.id, role: 'editor', status: 'accepted' })}`
    const { body } = await share(track_id)
    for (const answer of [
      await share(track_id, {}, ben),
      await list(track_id, ben),
      await getShare(body.id, ben),
      await revoke(body.id, ben),
    ]) {
      expect(answer).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    }
    expect((await open(body.token)).status).toBe(200)
  })

  test('lists them newest first, in pages, with a cursor of this track alone', async () => {
    const [track_id, other] = [await createSecret(), await createSecret()]
    const ids: string[] = []
    for (let n = 0; n < 3; n++) ids.unshift((await share(track_id)).body.id)
    await share(other)
    await share(other)
    const first = await list(track_id, ada, { limit: 2 })
    const second = await list(track_id, ada, { limit: 2, cursor: first.body.next_cursor! })
    expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual(ids)
    expect(second.body).toMatchObject({ has_more: false, next_cursor: null })
    expect(first.text).not.toMatch(/token|url/)
    expect(await list(other, ada, { cursor: first.body.next_cursor! })).toMatchObject({ status: 400 })
  })
})

describe('following a link', () => {
  test.each([
    { visibility: 'private' },
    { visibility: 'unlisted' },
    { visibility: 'public' },
    { visibility: 'scheduled', release_at: '2031-01-01T00:00:00Z' },
  ])('plays what is %j to anybody', async (fields) => {
    const track_id = await api.createReady(ada, fields)
    const { token } = (await share(track_id)).body
    const { status, body, headers } = await open(token)

    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body.track).toMatchObject({ id: track_id, access: { stream: true, download: false, edit: false } })
    expect(body.stream.manifest_url).toMatch(/^http:\/\/stream\.test\/stream\/m-1\?/)
    expect(body.stream.play_token).toMatch(/^ey/)
  })

  test('opens the other routes of that track to who sends its token along, and of no other', async () => {
    const { token, track_id } = await shared()
    const other = await createSecret()
    const headers = { 'X-Share-Token': token }
    for (const route of [trackRoutes.getTrack, trackRoutes.streamTrack]) {
      for (const who of [undefined, ben]) {
        const opened = await api.request(route, who, { params: { track_id }, headers })
        expect(opened.status).toBe(200)
        expect(opened.headers.vary).toMatch(/x-share-token/i)
        expect((await api.request(route, who, { params: { track_id } })).status).toBe(404)
        expect((await api.request(route, who, { params: { track_id: other }, headers })).status).toBe(404)
      }
    }
    const title = { title: 'Mine' }
    const edit = await api.request(trackRoutes.updateTrack, ben, {
      params: { track_id },
      headers,
      body: title,
    })
    expect(edit.status).toBe(404)
  })

  const refusals: readonly { name: string; spoil: (link: Awaited<ReturnType<typeof shared>>) => unknown }[] =
    [
      { name: 'that was revoked', spoil: ({ id }) => revoke(id) },
      { name: 'that has expired', spoil: () => clock.advance(7 * days) },
      {
        name: 'to a deleted track',
        spoil: ({ track_id }) => api.request(trackRoutes.deleteTrack, ada, { params: { track_id } }),
      },
      {
        name: 'to a track whose owner goes',
        spoil: () => sql`update users set deletes_at = now() where id = ${ada.id}`,
      },
      {
        name: 'to a track that plays nothing',
        spoil: ({ track_id }) =>
          sql`update tracks set status = 'draft', current_version_id = null where id = ${track_id}`,
      },
      {
        name: 'to a track that moderators hid',
        spoil: ({ track_id }) => sql`update tracks set hidden_at = now() where id = ${track_id}`,
      },
    ]

  test.each(refusals)('$name finds nothing', async ({ spoil }) => {
    const link = await shared()
    expect((await open(link.token)).status).toBe(200)
    await spoil(link)
    const headers = { 'X-Share-Token': link.token }
    const answers = [
      await open(link.token),
      await api.request(trackRoutes.getTrack, undefined, { params: { track_id: link.track_id }, headers }),
      await api.request(trackRoutes.streamTrack, ben, { params: { track_id: link.track_id }, headers }),
    ]
    await sql`update users set deletes_at = null where id = ${ada.id}`
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  })

  test.each(['unknown', 'x'.repeat(43), 'x'.repeat(5_000), '😀', '%00', "' or 1=1 --"])(
    'of the token %s finds nothing, in the same words',
    async (token) => {
      const link = await shared()
      await revoke(link.id)
      const {
        request_id: _one,
        instance: _two,
        ...revoked
      } = (await open(link.token)).problem as never as Record<string, unknown>
      const {
        request_id: _a,
        instance: _b,
        ...unknown
      } = (await open(token)).problem as never as Record<string, unknown>
      expect(unknown).toEqual(revoked)
    },
  )

  test('finds nothing for somebody whom its owner has blocked', async () => {
    const { token } = await shared()
    const troll = await api.join()
    await createRelationService({ sql, relay: { flushSoon: async () => {} } }).block(ada, troll.id)
    expect((await open(token, troll)).status).toBe(404)
    expect((await open(token)).status).toBe(200)
  })

  test('comes back with the track', async () => {
    const { token, track_id } = await shared()
    await api.request(trackRoutes.deleteTrack, ada, { params: { track_id } })
    await api.request(trackRoutes.restoreTrack, ada, { params: { track_id } })
    expect((await open(token)).status).toBe(200)
  })

  test('that is replaced works by its new token alone', async () => {
    const link = await shared()
    await revoke(link.id)
    const next = (await share(link.track_id)).body
    expect((await open(link.token)).status).toBe(404)
    expect((await open(next.token)).status).toBe(200)
  })
})

describe('revoking', () => {
  test('twice keeps the time that it was first', async () => {
    const { id } = await shared()
    const at = inTime(0)
    expect(await revoke(id)).toMatchObject({ status: 204, text: '' })
    clock.advance(60)
    expect(await revoke(id)).toMatchObject({ status: 204 })
    expect((await getShare(id)).body.revoked_at).toBe(at)
  })

  test('an unknown link is refused', async () => {
    expect(await revoke('00000000-0000-7000-8000-000000000000')).toMatchObject({ status: 404 })
  })
})

describe('clicks', () => {
  test('count each visitor once a day, by the network that they come from', async () => {
    const { id, token } = await shared()
    for (const ip of [
      '192.0.2.1',
      '192.0.2.1',
      '192.0.2.2',
      '192.0.3.1',
      '2001:db8::1',
      '2001:db8::2',
      '2001:db8:0:1::1',
    ]) {
      await open(token, undefined, { ip })
    }
    expect(await clicksOf(id)).toBe(4)
    clock.advance(days)
    await open(token, undefined, { ip: '192.0.2.1' })
    expect(await clicksOf(id)).toBe(5)
  })

  test('keep no address', async () => {
    const { id, token } = await shared()
    await open(token, undefined, { ip: '192.0.2.77' })
    const rows = await sql`select visitor from share_clicks where share_id = ${id}`
    expect(rows).toEqual([{ visitor: expect.any(Buffer) }])
    expect(rows[0]!.visitor).toHaveLength(16)
  })

  test('of many at once are counted to the last one, without waiting for the track', async () => {
    const { id, token, track_id } = await shared()
    const [holder, ...others] = await openConnections(5)
    const handlers = others.map(api.createHandler)
    await holder!.begin(async (tx) => {
      await tx`select from tracks where id = ${track_id} for no key update`
      await tx`select from track_shares where id = ${id} for no key update`
      const visits = Array.from({ length: 40 }, (_, n) =>
        open(token, undefined, { ip: `192.0.${n % 20}.1`, handler: handlers[n % handlers.length] }),
      )
      for (const { status } of await Promise.all(visits)) expect(status).toBe(200)
    })
    expect(await clicksOf(id)).toBe(20)
  })

  test('are forgotten after their day, and count on', async () => {
    const { id, token } = await shared()
    await open(token)
    await deleteOldClicks(sql, clock.now())
    expect(await sql`select from share_clicks where share_id = ${id}`).toHaveLength(1)
    clock.advance(2 * days)
    await deleteOldClicks(sql, clock.now())
    expect(await sql`select from share_clicks where share_id = ${id}`).toHaveLength(0)
    expect(await clicksOf(id)).toBe(1)
  })
})
