import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http, { type IncomingMessage } from 'node:http'
import { parse } from 'content-disposition'
import { expectStatus, type Json, putFile, until } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { newClient } from '../support/platform.ts'

const client = await newClient()
const { platform } = client
const title = 'Jóga "live" 💿'

/** A track that plays, of a real file, and its owner. */
async function setUp() {
  const owner = await client.join()
  const track = await client.createTrack(owner.token, { title })
  const bytes = await makeAudio('flac')
  const file = { name: 'not what it says.flac', content_type: 'audio/flac', bytes }
  const grant = await client.requestUpload(owner.token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(owner.token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
  return { owner, bytes, path: `/api/v1/tracks/${track.id}/download` }
}

const linkTo = async ({ owner, path }: Awaited<ReturnType<typeof setUp>>): Promise<Json> =>
  expectStatus(200, await client.request('GET', path, { token: owner.token }))

const fetchBytes = async (url: string, headers = {}) => {
  const response = await fetch(url, { headers })
  return { response, bytes: Buffer.from(await response.arrayBuffer()) }
}

/** The first bytes that came before the connection was cut. */
async function downloadAndBreak(url: string, atLeast: number): Promise<Buffer> {
  const request = http.get(url)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    if (chunks.reduce((sum, { length }) => sum + length, 0) >= atLeast) break
  }
  return Buffer.concat(chunks).subarray(0, atLeast)
}

test('an owner downloads what they uploaded, under the name of the track', async () => {
  const world = await setUp()
  const answer = await client.request('GET', world.path, { token: world.owner.token })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const link = expectStatus(200, answer)
  expect(link).toMatchObject({
    filename: `${world.owner.user.display_name} - Jóga 'live' 💿.flac`,
    size_bytes: world.bytes.length,
    sha256: createHash('sha256').update(world.bytes).digest('hex'),
    content_type: 'audio/flac',
  })
  expect(Date.parse(link.expires_at)).toBeGreaterThan(Date.now())

  const { response, bytes } = await fetchBytes(link.url)

  expect(response.status).toBe(200)
  expect(bytes.equals(world.bytes)).toBe(true)
  expect(parse(response.headers.get('content-disposition')!)).toMatchObject({
    type: 'attachment',
    parameters: { filename: link.filename },
  })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
  })
})

test('a download that broke goes on where it ended, by a new link', async () => {
  const world = await setUp()
  const first = await linkTo(world)
  const half = Math.floor(world.bytes.length / 2)
  const head = await fetch(first.url, { method: 'HEAD' })
  const begun = await downloadAndBreak(first.url, half)

  const next = await linkTo(world)
  const range = `bytes=${begun.length}-`
  const rest = await fetchBytes(next.url, { range, 'if-range': head.headers.get('etag')! })

  expect(rest.response.status).toBe(206)
  expect(rest.response.headers.get('content-range')).toBe(
    `bytes ${half}-${world.bytes.length - 1}/${world.bytes.length}`,
  )
  const whole = Buffer.concat([begun, rest.bytes])
  expect(createHash('sha256').update(whole).digest('hex')).toBe(next.sha256)
})

test('a link opens its own file and no other, and only as it was signed', async () => {
  const [one, two] = await Promise.all([setUp(), setUp()])
  const [link, other] = await Promise.all([linkTo(one), linkTo(two)])
  const swapped = new URL(other.url)
  swapped.search = new URL(link.url).search
  const bare = link.url.split('?')[0]
  const later = link.url.replace(/Expires=(\d+)/, (_: string, at: string) => `Expires=${Number(at) + 60}`)
  const renamed = link.url.replace('attachment', 'inline')

  for (const url of [String(swapped), bare, later, renamed]) {
    expect(url).not.toBe(link.url)
    const { response, bytes } = await fetchBytes(url)
    expect(response.status).toBe(403)
    expect(bytes.toString()).toMatch(/^<\?xml.*<Code>(AccessDenied|MissingKey)<\/Code>/s)
  }
  expect((await fetchBytes(link.url)).response.status).toBe(200)
})

test('whoever only hears the track gets no link; a guest is asked to sign in', async () => {
  const world = await setUp()
  const { token } = await client.join()
  expect(await client.request('GET', world.path, { token })).toMatchObject({ status: 403 })
  expect(await client.request('GET', world.path)).toMatchObject({ status: 401 })
})

test('no link is written to the log, whatever becomes of it', async () => {
  const world = await setUp()
  const link = await linkTo(world)
  await fetchBytes(link.url)
  await fetchBytes(link.url, { range: 'bytes=999999999-' })
  await fetchBytes(link.url.replace('Expires', 'Expired'))
  await fetchBytes(link.url.replace('/originals/', '/originals/images/'))
  const last = `last-${randomUUID()}`
  await client.request('GET', world.path, { token: world.owner.token, headers: { 'x-request-id': last } })

  const log = await until('the line of the last call', async () => {
    const text = await readFile(platform.log_file, 'utf8')
    return text.includes(last) ? text : undefined
  })

  const signature = new URL(link.url).searchParams.get('Signature')!
  for (const secret of [signature, 'Signature=', 'Key-Pair-Id=']) expect(log.includes(secret)).toBe(false)
})
