import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { parse } from 'content-disposition'
import { parseBuffer } from 'music-metadata'
import { expectStatus, type Json, putFile, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { makeAudio } from '../support/audio.ts'
import { control, newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'
import { addSession, addSomeone, signerOf } from '../support/world.ts'

const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
afterAll(() => sql.end())

const market = '/api/v1/marketplace'
const title = 'Jóga "live" 💿'
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function signIn(role: 'creator' | 'user') {
  const someone = await addSomeone(sql, role)
  return { ...someone, token: await signer.sign(await addSession(sql, someone)) }
}

/** A track of a real file, given away as master and MP3, and somebody who has ordered it. */
async function setUp() {
  const [seller, buyer] = [await signIn('creator'), await signIn('user')]
  const bytes = await makeAudio('flac')
  const track = await client.createTrack(seller.token, { title, visibility: 'public' })
  const file = { name: 'a.flac', content_type: 'audio/flac', bytes }
  const grant = await client.requestUpload(seller.token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(seller.token, track.id, grant.upload_id)).toMatchObject({
    status: 'ready',
  })

  const product = expectStatus(
    201,
    await client.request('POST', `${market}/products`, {
      token: seller.token,
      body: {
        kind: 'track_license',
        track_id: track.id,
        title,
        tiers: [{ name: 'Gift', price_amount: 0, currency: 'eur', license: { files: ['master', 'mp3'] } }],
      },
    }),
  )
  const items = [{ product_id: product.id, tier_id: product.tiers[0].id }]
  const order = expectStatus(
    201,
    await client.request('POST', `${market}/orders`, {
      token: buyer.token,
      headers: { 'idempotency-key': randomUUID() },
      body: { items },
    }),
  )
  expect(order).toMatchObject({ status: 'completed', total_amount: 0 })
  const license_id: string = order.items[0].license_id
  return { seller, buyer, bytes, track_id: track.id as string, license_id }
}

type World = Awaited<ReturnType<typeof setUp>>

const ask = ({ buyer, license_id }: World, token = buyer.token) =>
  client.request('POST', `${market}/licenses/${license_id}/downloads`, { token })

/** Both files, once the MP3 was made. */
const filesOf = (world: World) =>
  until('both files to be there', async () => {
    const { status, body } = await ask(world)
    expect([200, 201]).toContain(status)
    return body.files.every((file: Json) => file.status === 'ready') ? body : undefined
  })

const fetchBytes = async (url: string, headers = {}) => {
  const response = await fetch(url, { headers })
  return { response, bytes: Buffer.from(await response.arrayBuffer()) }
}

/** The first bytes that came before the connection was cut. */
async function downloadAndBreak(url: string, atLeast: number): Promise<Buffer> {
  const [response] = (await once(http.get(url), 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    if (Buffer.concat(chunks).length >= atLeast) break
  }
  return Buffer.concat(chunks).subarray(0, atLeast)
}

/** What was certified when the licence was issued. */
async function certified({ buyer, license_id }: World): Promise<Json> {
  const path = `${market}/licenses/${license_id}/certificate`
  return expectStatus(200, await client.request('GET', path, { token: buyer.token })).document
}

test('a buyer gets the very file that was certified, and an MP3 of it, by one download', async () => {
  const world = await setUp()
  const { track, files } = await certified(world)

  const { files: delivered, remaining } = await filesOf(world)

  expect(remaining).toBe(9)
  const [master, mp3] = delivered
  expect(track.sha256).toBe(sha256(world.bytes))
  expect(files).toMatchObject([
    { format: 'master', sha256: track.sha256 },
    { format: 'mp3', master_sha256: track.sha256 },
  ])
  const original = await fetchBytes(master.url)
  expect([original.response.status, sha256(original.bytes)]).toEqual([200, track.sha256])
  expect(master).toMatchObject({ format: 'master', sha256: track.sha256, size_bytes: world.bytes.length })
  expect(parse(original.response.headers.get('content-disposition')!)).toMatchObject({
    type: 'attachment',
    parameters: { filename: master.name },
  })
  expect(Object.fromEntries(original.response.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  })

  const encoded = await fetchBytes(mp3.url)
  expect([encoded.response.status, sha256(encoded.bytes)]).toEqual([200, mp3.sha256])
  expect(mp3).toMatchObject({ format: 'mp3', name: expect.stringMatching(/ - Jóga 'live' 💿\.mp3$/) })
  const { format, common } = await parseBuffer(encoded.bytes, { mimeType: 'audio/mpeg' })
  expect(format).toMatchObject({ codecProfile: 'CBR', bitrate: 320_000 })
  expect(common).toMatchObject({ title, artist: 'Somebody' })
})

test('a download that broke goes on by a fresh link that costs nothing, to the last byte', async () => {
  const world = await setUp()
  const first = expectStatus(201, await ask(world))
  const half = Math.floor(world.bytes.length / 2)
  const head = await fetch(first.url, { method: 'HEAD' })
  const begun = await downloadAndBreak(first.url, half)

  const next = expectStatus(200, await ask(world))
  const range = { range: `bytes=${begun.length}-`, 'if-range': head.headers.get('etag')! }
  const rest = await fetchBytes(next.url, range)

  expect(rest.response.status).toBe(206)
  expect(rest.response.headers.get('content-range')).toBe(
    `bytes ${half}-${world.bytes.length - 1}/${world.bytes.length}`,
  )
  const { track } = await certified(world)
  expect(sha256(Buffer.concat([begun, rest.bytes]))).toBe(track.sha256)
  expect([first.remaining, next.remaining]).toEqual([9, 9])
})

test('a link opens its own file alone, and only as it was signed', async () => {
  const [one, two] = await Promise.all([setUp(), setUp()])
  const [link, other] = [await filesOf(one), await filesOf(two)]
  const [master, mp3] = link.files
  const swapped = (to: string) => Object.assign(new URL(to), { search: new URL(master.url).search }).href
  const later = master.url.replace(/Expires=(\d+)/, (_: string, at: string) => `Expires=${Number(at) + 60}`)

  for (const url of [swapped(other.url), swapped(mp3.url), mp3.url.split('?')[0], later]) {
    expect((await fetchBytes(url)).response.status).toBe(403)
  }
  expect((await fetchBytes(master.url)).response.status).toBe(200)
})

test('nobody else gets one, and a licence does not open the download of the track', async () => {
  const world = await setUp()
  const stranger = await signIn('user')
  for (const { token } of [stranger, world.seller]) expect((await ask(world, token)).status).toBe(404)
  expect((await client.request('POST', `${market}/licenses/${world.license_id}/downloads`)).status).toBe(401)
  const track = `/api/v1/tracks/${world.track_id}/download`
  expect((await client.request('GET', track, { token: world.buyer.token })).status).toBe(403)
})

test('the seller sees that it was downloaded, and lets the buyer do so again', async () => {
  const world = await setUp()
  const path = `${market}/licenses/${world.license_id}/downloads`
  expectStatus(201, await ask(world))
  const { token } = world.seller
  const { data } = expectStatus(200, await client.request('GET', path, { token }))
  expect(data).toMatchObject([{ ip: null, user_agent: null }])
  const allowed = await client.request('POST', `${path}/allow`, { token, body: { downloads: 5 } })
  expect(expectStatus(200, allowed)).toMatchObject({ downloads_allowed: 15, downloads_used: 1 })
  expect(expectStatus(200, await ask(world))).toMatchObject({ remaining: 14 })
})

test('a track that its owner deletes and that is purged is still downloaded by its buyers', async () => {
  const world = await setUp()
  const { files } = await filesOf(world)
  const track = `/api/v1/tracks/${world.track_id}`
  expectStatus(204, await client.request('DELETE', track, { token: world.seller.token }))
  await sql`update tracks set purges_at = now() - interval '1 second' where id = ${world.track_id}`
  await until('the track to be purged', async () => {
    await control('schedules/purge-tracks/run', {})
    const [row] = await sql`select from tracks where id = ${world.track_id} and purged_at is not null`
    return row
  })

  const again = expectStatus(200, await ask(world))

  expect(again.files.map(({ name }: Json) => name)).toEqual(files.map(({ name }: Json) => name))
  for (const { url, sha256: hash } of again.files) expect(sha256((await fetchBytes(url)).bytes)).toBe(hash)
})
