import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { createStreamServer, type StreamServer } from '../../../infra/local/parts/stream-server.ts'
import { signName, streamQuery, verifyStreamUrl } from '../../../infra/local/parts/stream-urls.ts'
import { makeAudio } from '../../support/audio.ts'
import { findFreePort } from '../../support/server.ts'

const secrets = { streamUrl: 'test_secret_key_that_is_long_enough_32chars', streamJob: 'a'.repeat(64) }
const ids = {
  job_id: '0198c6b1-0000-7000-8000-000000000001',
  track_id: '0198c6b1-0000-7000-8000-000000000002',
  version_id: '0198c6b1-0000-7000-8000-000000000003',
}

/** An API with one file, which notes what it is told. */
async function startApi(
  file: Buffer,
  options: { sha256?: string; failures?: number; missing?: number } = {},
) {
  const calls: { path: string; authorization: string; body: unknown }[] = []
  let { failures = 0, missing = 0 } = options
  const server = http.createServer(async (request, response) => {
    if (request.url === '/object') return --missing >= 0 ? response.writeHead(503).end() : response.end(file)
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
    calls.push({
      path: `${request.method} ${request.url}`,
      authorization: request.headers.authorization ?? '',
      body,
    })
    if (request.method === 'POST') {
      failures -= 1
      return response.writeHead(failures >= 0 ? 503 : 204).end()
    }
    const sha256 = options.sha256 ?? createHash('sha256').update(file).digest('hex')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/object`
    response.end(
      JSON.stringify({ url, sha256, expires_at: new Date().toISOString(), content_type: 'audio/wav' }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    calls,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  }
}

type Api = Awaited<ReturnType<typeof startApi>>

const dataDirs: string[] = []
let server: StreamServer
let api: Api

async function startStreamServer(
  file: Buffer,
  options: Parameters<typeof startApi>[1] = {},
  dataDir?: string,
) {
  api = await startApi(file, options)
  const directory = dataDir ?? mkdtempSync(path.join(tmpdir(), 'veza-stream-'))
  dataDirs.push(directory)
  server = createStreamServer({
    dataDir: directory,
    port: await findFreePort(),
    apiUrl: api.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    secrets,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    retryDelaysMs: [10, 20, 40],
  })
  await server.start()
  return directory
}

afterEach(async () => {
  await server?.stop()
  api?.close()
  for (const directory of dataDirs.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function postJob(job: object = ids, secret = secrets.streamJob) {
  const body = JSON.stringify(job)
  const at = new Date()
  return fetch(`${server.url}/jobs`, {
    method: 'POST',
    body,
    headers: {
      'webhook-id': ids.job_id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(Buffer.from(secret).toString('base64')).sign(ids.job_id, at, body),
    },
  })
}

async function callbacks(count: number) {
  for (;;) {
    const posts = api.calls.filter(({ path }) => path.startsWith('POST'))
    if (posts.length >= count) return posts
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const durationOf = (call: { readonly body: unknown } | undefined) =>
  (call?.body as { duration_ms: number } | undefined)?.duration_ms

const expires = Math.floor(Date.now() / 1000) + 600
const read = (name: string, query = streamQuery(secrets.streamUrl, name, expires), headers = {}) =>
  fetch(`${server.url}/stream/${name}${query}`, { headers })

describe('a job', () => {
  it('becomes HLS whose every segment can be fetched, and is reported once', async () => {
    await startStreamServer(await makeAudio('wav', { seconds: 14 }))

    const answers = await Promise.all([postJob(), postJob()])
    const [ready] = await callbacks(1)
    const { manifest_key } = (ready as { body: { manifest_key: string } }).body
    const master = await read(manifest_key)
    const variants = urlsOf(await master.text())
    const segments = await Promise.all(
      variants.map(async (variant) => urlsOf(await (await fetch(`${server.url}/stream/${variant}`)).text())),
    )
    const fetched = await Promise.all(
      segments.flat().map((segment) => fetch(`${server.url}/stream/${segment}`)),
    )
    const bytes = await Promise.all(fetched.map(async (answer) => Buffer.from(await answer.arrayBuffer())))

    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    expect(ready).toMatchObject({
      path: `POST /api/v1/internal/tracks/${ids.track_id}/stream-ready`,
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/us-east-1\/execute-api\//,
      ),
      body: {
        job_id: ids.job_id,
        version_id: ids.version_id,
        manifest_key: `${ids.version_id}.m3u8`,
        renditions: [{ bitrate_bps: 64_000 }, { bitrate_bps: 128_000 }, { bitrate_bps: 256_000 }],
      },
    })
    expect(durationOf(ready)).toBeGreaterThan(13_900)
    expect(durationOf(ready)).toBeLessThan(14_200)
    expect(master.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
    expect(segments.map((list) => list.length)).toEqual([3, 3, 3])
    expect(fetched.map(({ status }) => status)).toEqual(Array(9).fill(200))
    expect(fetched[0]?.headers.get('content-type')).toBe('video/mp2t')
    // Every MPEG transport stream packet is 188 bytes and begins with 0x47.
    expect(
      bytes.every((segment) => segment.length > 188 && segment.length % 188 === 0 && segment[0] === 0x47),
    ).toBe(true)
  })

  it('is reported again when the API was away, or asks again', async () => {
    await startStreamServer(await makeAudio('wav', { seconds: 1 }), { failures: 2 })

    await postJob()
    const tried = await callbacks(3)
    while (api.calls.length < 5) await postJob()

    expect(tried.map(({ path }) => path)).toEqual(Array(3).fill(tried[0]?.path))
    expect(api.calls.filter(({ path }) => path.startsWith('GET'))).toHaveLength(1)
  })

  it.each([
    { name: 'is no sound', file: Buffer.from('these are words, not waves'), options: {} },
    {
      name: 'names files of this machine',
      file: Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/hosts\n'),
      options: {},
    },
    {
      name: 'is not the file it was said to be',
      file: Buffer.from('RIFF'),
      options: { sha256: 'f'.repeat(64) },
    },
  ])('fails, with a reason, where the source $name', async ({ file, options }) => {
    const directory = await startStreamServer(file, options)

    await postJob()
    const [failed] = await callbacks(1)

    expect(failed).toMatchObject({
      path: `POST /api/v1/internal/tracks/${ids.track_id}/stream-failed`,
      body: {
        job_id: ids.job_id,
        version_id: ids.version_id,
        reason: expect.stringMatching(/\w/),
        is_transient: false,
      },
    })
    expect(readdirSync(path.join(directory, 'stream/media'))).toEqual([])
  })

  it('fails for now where the source is not to be had, and is done when it is asked for again', async () => {
    const file = await makeAudio('wav', { seconds: 1 })
    await startStreamServer(file, { missing: 1 })

    await postJob()
    expect(await callbacks(1)).toMatchObject([{ body: { is_transient: true } }])
    await postJob()

    const [, ready] = await callbacks(2)
    expect(ready).toMatchObject({ path: `POST /api/v1/internal/tracks/${ids.track_id}/stream-ready` })
  })

  it('goes on where a stopped server left it', async () => {
    const file = await makeAudio('wav', { seconds: 1 })
    const directory = await startStreamServer(file, { failures: 1000 })
    await postJob()
    await callbacks(1)
    await server.stop()
    api.close()

    await startStreamServer(file, {}, directory)

    expect(await callbacks(1)).toMatchObject([{ path: expect.stringContaining('/stream-ready') }])
  })

  it.each([
    { name: 'another key', send: () => postJob(ids, 'b'.repeat(64)), status: 401 },
    {
      name: 'another id than it was signed for',
      send: () => postJob({ ...ids, job_id: ids.track_id }),
      status: 400,
    },
    {
      name: 'no signature',
      send: () => fetch(`${server.url}/jobs`, { method: 'POST', body: '{}' }),
      status: 401,
    },
    { name: 'a body that is no job', send: () => postJob({ job_id: ids.job_id }), status: 400 },
  ])('is refused with $name', async ({ send, status }) => {
    await startStreamServer(Buffer.alloc(0))

    expect((await send()).status).toBe(status)
    expect(api.calls).toEqual([])
  })
})

describe('a signed URL', () => {
  const now = new Date(1_900_000_000_000)
  const query = (sig: string, at = '1900000000') => new URLSearchParams({ expires: at, sig })
  const vector = 'a1db6da55625e994979bfbbc3c86548d1243eac8a41791af7b3beeccd7561f96'

  it('is signed as the Rust server checks it', () => {
    expect(signName(secrets.streamUrl, 'abc', 1_900_000_000)).toBe(vector)
    expect(verifyStreamUrl(secrets.streamUrl, 'abc', query(vector), now)).toEqual({ expires: 1_900_000_000 })
  })

  it('is refused in the other dialect, with a bar for the colon', () => {
    const other = '3141145e2b7cddf8114bdf18b3478670ce6d4731f22faeb45ace86ddfa9e4ddf'
    const withBar = createHmac('sha256', secrets.streamUrl).update('abc|1900000000').digest('hex')
    expect(withBar).toBe(other)
    expect(verifyStreamUrl(secrets.streamUrl, 'abc', query(other), now)).toEqual({ status: 403 })
  })

  it.each([
    { name: 'its letters in upper case', verdict: [query(vector.toUpperCase()), 0], status: 403 },
    { name: 'another signature', verdict: [query('0'.repeat(64)), 0], status: 403 },
    { name: 'another time', verdict: [query(vector, '1900000001'), 0], status: 403 },
    { name: 'no signature', verdict: [query(''), 0], status: 400 },
    { name: 'a time that is no number', verdict: [query(vector, 'soon'), 0], status: 400 },
    { name: 'more than five minutes after its end', verdict: [query(vector), 301_000], status: 403 },
  ] as const)('is refused with $name', ({ verdict: [parameters, late], status }) => {
    const at = new Date(now.getTime() + late)

    expect(verifyStreamUrl(secrets.streamUrl, 'abc', parameters, at)).toEqual({ status })
  })

  it('is taken for five minutes after its end', () => {
    const late = new Date(now.getTime() + 300_000)

    expect(verifyStreamUrl(secrets.streamUrl, 'abc', query(vector), late)).toEqual({ expires: 1_900_000_000 })
  })

  it('gives a range, refuses one past the end, and knows no other file', async () => {
    await startStreamServer(await makeAudio('wav', { seconds: 1 }))
    await postJob()
    await callbacks(1)
    const segment = `${ids.version_id}_64k_00000.ts`
    const signed = streamQuery(secrets.streamUrl, segment, expires)
    const whole = Buffer.from(await (await read(segment)).arrayBuffer())

    const middle = await read(segment, signed, { range: 'bytes=188-375' })
    const end = await read(segment, signed, { range: 'bytes=-188' })
    const past = await read(segment, signed, { range: `bytes=${whole.length}-` })
    const absent = await read('absent.m3u8')
    const unsigned = await read(segment, '')
    const climbing = await read('..%2Fjobs', streamQuery(secrets.streamUrl, '../jobs', expires))

    expect(middle.status).toBe(206)
    expect(middle.headers.get('content-range')).toBe(`bytes 188-375/${whole.length}`)
    expect(Buffer.from(await middle.arrayBuffer()).equals(whole.subarray(188, 376))).toBe(true)
    expect(Buffer.from(await end.arrayBuffer()).equals(whole.subarray(-188))).toBe(true)
    expect([past.status, absent.status, unsigned.status, climbing.status]).toEqual([416, 404, 400, 400])
  })
})

const urlsOf = (playlist: string) =>
  playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
