import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { startTestDoor, type TestDoor } from '../../support/front-door.ts'

let local: TestDoor
let worker: S3Client
let tracks: S3Client

beforeAll(async () => {
  local = await startTestDoor()
  worker = local.s3('veza-test-worker')
  tracks = local.s3('veza-test-tracks')
})
afterAll(() => local.close())

const put = (key: string, body: string | Buffer, extra: object = {}) =>
  worker.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body: body, ...extra }))

const read = async (key: string, extra: object = {}) => {
  const answer = await worker.send(new GetObjectCommand({ Bucket: 'uploads', Key: key, ...extra }))
  return Buffer.from(await answer.Body!.transformToByteArray())
}

describe('objects', () => {
  it.each([
    { name: 'a plain key', key: 'plain' },
    { name: 'a key with a space, a plus and an umlaut', key: 'dir/a b+c ü (1)!*.wav' },
    { name: 'a key with a percent sign', key: 'dir/100%25 done' },
  ])('keeps $name whole, through put, head, copy and delete', async ({ key }) => {
    const body = randomBytes(300_000)

    await put(key, body, { ContentType: 'audio/wav', Metadata: { origin: 'test' } })
    const head = await worker.send(new HeadObjectCommand({ Bucket: 'uploads', Key: key }))
    await worker.send(
      new CopyObjectCommand({
        Bucket: 'media',
        Key: key,
        CopySource: `uploads/${encodeURIComponent(key)}`,
        CopySourceIfMatch: head.ETag,
      }),
    )
    const copy = await worker.send(new GetObjectCommand({ Bucket: 'media', Key: key }))
    await worker.send(new DeleteObjectCommand({ Bucket: 'uploads', Key: key }))

    expect(head).toMatchObject({
      ContentLength: 300_000,
      ContentType: 'audio/wav',
      Metadata: { origin: 'test' },
    })
    expect(head.ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`)
    expect(Buffer.from(await copy.Body!.transformToByteArray()).equals(body)).toBe(true)
    await expect(read(key)).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it.each([
    { range: 'bytes=0-0', expected: '0', contentRange: 'bytes 0-0/10' },
    { range: 'bytes=3-5', expected: '345', contentRange: 'bytes 3-5/10' },
    { range: 'bytes=7-', expected: '789', contentRange: 'bytes 7-9/10' },
    { range: 'bytes=-4', expected: '6789', contentRange: 'bytes 6-9/10' },
    { range: 'bytes=8-100', expected: '89', contentRange: 'bytes 8-9/10' },
    { range: 'bytes=5-2', expected: '0123456789', contentRange: undefined },
  ])('answers $range', async ({ range, expected, contentRange }) => {
    await put('ranged', '0123456789')

    const answer = await worker.send(new GetObjectCommand({ Bucket: 'uploads', Key: 'ranged', Range: range }))

    expect(await answer.Body!.transformToString()).toBe(expected)
    expect(answer.ContentRange).toBe(contentRange)
  })

  it('refuses a range that the object does not have', async () => {
    await put('ranged', '0123456789')
    await put('empty', Buffer.alloc(0))

    await expect(read('ranged', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' })
    await expect(read('empty', { Range: 'bytes=0-0' })).rejects.toMatchObject({ name: 'InvalidRange' })
    expect(await read('empty')).toHaveLength(0)
  })

  it('lists by prefix in pages', async () => {
    for (const key of ['list/b', 'list/a/1', 'list/a-1', 'list/c']) await put(key, key)

    const first = await worker.send(
      new ListObjectsV2Command({ Bucket: 'uploads', Prefix: 'list/', MaxKeys: 3 }),
    )
    const rest = await worker.send(
      new ListObjectsV2Command({
        Bucket: 'uploads',
        Prefix: 'list/',
        ContinuationToken: first.NextContinuationToken,
      }),
    )
    const folders = await worker.send(
      new ListObjectsV2Command({ Bucket: 'uploads', Prefix: 'list/', Delimiter: '/' }),
    )

    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['list/a-1', 'list/a/1', 'list/b'])
    expect(rest.Contents?.map(({ Key }) => Key)).toEqual(['list/c'])
    expect(folders.CommonPrefixes).toEqual([{ Prefix: 'list/a/' }])
  })

  it('keeps tags with their object only', async () => {
    const object = { Bucket: 'uploads', Key: 'tagged' }
    const tags = [{ Key: 'verdict', Value: 'infected' }]
    await put('tagged', 'x')

    await worker.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: tags } }))
    const kept = await worker.send(new GetObjectTaggingCommand(object))
    await worker.send(new DeleteObjectTaggingCommand(object))
    const removed = await worker.send(new GetObjectTaggingCommand(object))
    await worker.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: tags } }))
    await worker.send(new DeleteObjectCommand(object))
    await put('tagged', 'y')
    const fresh = await worker.send(new GetObjectTaggingCommand(object))

    expect(kept.TagSet).toEqual(tags)
    expect(removed.TagSet ?? []).toEqual([])
    expect(fresh.TagSet ?? []).toEqual([])
  })

  it('takes a stream with a trailing checksum, as a client with default settings sends it', async () => {
    const plain = new S3Client({ ...local.as('veza-test-worker'), forcePathStyle: true })
    const body = randomBytes(700_000)
    const chunks = [body.subarray(0, 100_000), body.subarray(100_000)]

    await plain.send(
      new PutObjectCommand({
        Bucket: 'uploads',
        Key: 'streamed',
        Body: Readable.from(chunks),
        ContentLength: body.length,
      }),
    )

    expect((await read('streamed')).equals(body)).toBe(true)
  })

  it('stores nothing of a body that is not what its checksum says', async () => {
    const wrong = createHash('sha256').update('something else').digest('base64')

    await expect(put('corrupt', 'body', { ChecksumSHA256: wrong })).rejects.toMatchObject({
      name: 'BadDigest',
    })

    await expect(read('corrupt')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('leaves the old object when a new upload breaks off', async () => {
    await put('steady', 'old')
    const url = await getSignedUrl(worker, new PutObjectCommand({ Bucket: 'uploads', Key: 'steady' }))
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('new, but'))
        setTimeout(() => controller.error(new Error('the line is cut')), 50)
      },
    })

    const upload = fetch(url, {
      method: 'PUT',
      body: broken,
      duplex: 'half',
      headers: { 'content-length': '1000' },
    } as RequestInit)

    await expect(upload).rejects.toThrow()
    expect((await read('steady')).toString()).toBe('old')
  })
})

describe('conditions', () => {
  it('creates once only with If-None-Match, also for two at the same time', async () => {
    const create = () => put('once', randomBytes(100_000), { IfNoneMatch: '*' })

    const outcomes = await Promise.allSettled([create(), create(), create()])

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.map(({ reason }) => reason.name)).toEqual(['PreconditionFailed', 'PreconditionFailed'])
  })

  it('copies only what was scanned', async () => {
    const { ETag } = await put('swapped', 'scanned')
    await put('swapped', 'something else')
    const copy = (CopySourceIfMatch: string | undefined) =>
      worker.send(
        new CopyObjectCommand({
          Bucket: 'media',
          Key: 'out',
          CopySource: 'uploads/swapped',
          CopySourceIfMatch,
        }),
      )

    await expect(copy(ETag)).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await expect(
      worker.send(new GetObjectCommand({ Bucket: 'uploads', Key: 'swapped', IfMatch: ETag })),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' })
  })
})

describe('who may', () => {
  it('names principal, action, resource and the statement that is missing', async () => {
    await put('private', 'x')

    const refusal = tracks.send(new GetObjectCommand({ Bucket: 'uploads', Key: 'private' }))

    await expect(refusal).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(
        /^veza-test-tracks \(.*role\/.*\) .* s3:GetObject .*\{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::uploads\/private"\}$/,
      ),
    })
    expect(local.warnings).toContainEqual(expect.stringContaining('s3:GetObject'))
  })

  it.each([
    {
      name: 'a bucket policy that denies',
      call: () => tracks.send(new PutObjectCommand({ Bucket: 'uploads', Key: 'sealed/a', Body: 'x' })),
      code: 'AccessDenied',
    },
    {
      name: 'a copy without the right to read the source',
      call: () =>
        tracks.send(new CopyObjectCommand({ Bucket: 'uploads', Key: 'b', CopySource: 'uploads/private' })),
      code: 'AccessDenied',
    },
    {
      name: 'an absent object to somebody who may not list the bucket',
      call: () => worker.send(new GetObjectCommand({ Bucket: 'media', Key: 'absent' })),
      code: 'AccessDenied',
    },
    {
      name: 'a call nobody implements',
      call: () => worker.send(new GetObjectAclCommand({ Bucket: 'uploads', Key: 'private' })),
      code: 'NotImplemented',
    },
    {
      name: 'a header that would silently do nothing',
      call: () => put('acl', 'x', { ACL: 'public-read' }),
      code: 'NotImplemented',
    },
    {
      name: 'a key that climbs out of its bucket',
      call: () =>
        worker.send(
          new CopyObjectCommand({ Bucket: 'media', Key: 'x', CopySource: 'uploads/..%2Fmedia%2Fsecret' }),
        ),
      code: 'NotImplemented',
    },
  ])('refuses $name', async ({ call, code }) => {
    await put('private', 'x')

    await expect(call()).rejects.toMatchObject({ name: code })
  })

  it('refuses a bucket that is not in the template', async () => {
    const head = worker.send(new HeadBucketCommand({ Bucket: 'elsewhere' }))

    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
  })

  it('refuses an anonymous read of an object that is there', async () => {
    await put('private', 'x')

    const answer = await fetch(`${local.door.url}/uploads/private`)

    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>')
  })

  it('records what was used and what was granted but never used', async () => {
    await put('recorded', 'x')

    const { used, unused } = local.door.usage()['veza-test-worker']!

    expect(used).toContainEqual(
      expect.objectContaining({ action: 's3:PutObject', resource: 'arn:aws:s3:::uploads/recorded' }),
    )
    expect(unused.map(({ action }) => action)).not.toContain('s3:PutObject')
  })

  it('refuses a large upload before it is sent', async () => {
    const large = Buffer.alloc(4 * 1024 * 1024)
    const upload = (key: string) =>
      tracks.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body: large }))

    await expect(upload('sealed/large')).rejects.toMatchObject({ name: 'AccessDenied' })

    await expect(upload('open/large')).resolves.toMatchObject({ ETag: expect.any(String) })
  })

  it('tells its listeners before it answers the caller', async () => {
    const order: string[] = []
    const stop = local.door.onCall(async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push(`${call.principal} ${call.action} ${call.status}`)
    })

    await put('observed', 'x').then(() => order.push('answered'))
    stop()

    expect(order).toEqual(['veza-test-worker s3:PutObject 200', 'answered'])
  })
})

test('a presigned read names the file to save, and nobody else can choose the name', async () => {
  await put('named.zip', 'PK')
  const ResponseContentDisposition = 'attachment; filename="data.zip"'
  const command = new GetObjectCommand({ Bucket: 'uploads', Key: 'named.zip', ResponseContentDisposition })
  const url = await getSignedUrl(worker, command)

  const answer = await fetch(url)
  expect([answer.status, await answer.text()]).toEqual([200, 'PK'])
  expect(answer.headers.get('content-disposition')).toBe(ResponseContentDisposition)
  expect((await fetch(url.replace('data.zip', 'evil.exe'))).status).toBe(403)
})

describe('presigned uploads', () => {
  const body = Buffer.from('exactly this long')

  const presign = (overrides: object = {}, expiresIn = 600) =>
    getSignedUrl(
      tracks,
      new PutObjectCommand({
        Bucket: 'uploads',
        Key: 'uploads/track/upload',
        ContentType: 'audio/mpeg',
        ContentLength: body.length,
        ...overrides,
      }),
      { expiresIn, signableHeaders: new Set(['host', 'content-type', 'content-length']) },
    )

  const send = (url: string, content: Buffer = body, type = 'audio/mpeg') =>
    fetch(url, { method: 'PUT', body: new Uint8Array(content), headers: { 'content-type': type } })

  it('stores what was granted', async () => {
    const answer = await send(await presign())

    expect(answer.status).toBe(200)
    expect((await read('uploads/track/upload')).equals(body)).toBe(true)
  })

  it.each([
    { name: 'another content type', act: async () => send(await presign(), body, 'text/html') },
    { name: 'a longer body', act: async () => send(await presign(), Buffer.concat([body, body])) },
    { name: 'a shorter body', act: async () => send(await presign(), body.subarray(1)) },
    { name: 'another key', act: async () => send((await presign()).replace('track/upload', 'track/other')) },
    {
      name: 'a later end',
      act: async () => send((await presign()).replace('X-Amz-Expires=600', 'X-Amz-Expires=6000')),
    },
    { name: 'another method', act: async () => fetch(await presign(), { method: 'DELETE' }) },
    {
      name: 'a header nobody signed',
      act: async () =>
        fetch(await presign(), {
          method: 'PUT',
          body: new Uint8Array(body),
          headers: { 'content-type': 'audio/mpeg', 'x-amz-meta-owner': 'me' },
        }),
    },
  ])('refuses $name', async ({ act }) => {
    const answer = await act()

    expect(answer.status).toBe(403)
    expect(answer.headers.get('content-type')).toBe('application/xml')
  })

  it('refuses an expired grant', async () => {
    const later = await startTestDoor({ now: () => new Date(Date.now() + 601_000) })
    const url = await getSignedUrl(
      later.s3('veza-test-tracks'),
      new PutObjectCommand({ Bucket: 'uploads', Key: 'uploads/late' }),
      { expiresIn: 600 },
    )

    const answer = await send(url)

    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('Request has expired')
    await later.close()
  })

  it('lets a page of the app upload, and no other page', async () => {
    const preflight = (origin: string) =>
      fetch(`${local.door.url}/uploads/uploads/x`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'content-type',
        },
      })

    const [ours, other] = await Promise.all([
      preflight('https://app.example'),
      preflight('https://evil.example'),
    ])
    const upload = await fetch(await presign(), {
      method: 'PUT',
      body: new Uint8Array(body),
      headers: { 'content-type': 'audio/mpeg', origin: 'https://app.example' },
    })

    expect(ours.status).toBe(200)
    expect(ours.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(other.status).toBe(403)
    expect(upload.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(upload.headers.get('access-control-expose-headers')).toBe('ETag')
  })
})

describe('events', () => {
  it('puts the record of a new object on its queue, with the key as S3 encodes it', async () => {
    await local.parts.queues.call('PurgeQueue', JSON.stringify({ QueueUrl: 'http://local/0/scan' }))
    const { ETag } = await put('uploads/new one/ü.wav', 'abc')
    await put('other/unwatched', 'abc')

    const messages = await local.parts.queues.receive('scan', { max: 10, waitMs: 1000 })

    expect(messages).toHaveLength(1)
    const [record] = JSON.parse(messages[0]!.body).Records
    expect(record).toMatchObject({
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      eventTime: expect.stringMatching(/^\d{4}-.*Z$/),
      s3: {
        configurationId: 'to-scan',
        bucket: { name: 'uploads', arn: 'arn:aws:s3:::uploads' },
        object: {
          key: 'uploads/new+one/%C3%BC.wav',
          size: 3,
          eTag: ETag!.replaceAll('"', ''),
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
        },
      },
    })
  })

  it('loses an event, loudly, where the queue does not let S3 in', async () => {
    await put('gone', 'x')

    await worker.send(new DeleteObjectCommand({ Bucket: 'uploads', Key: 'gone' }))

    expect(local.warnings).toContainEqual(
      expect.stringMatching(/^S3 notification lost: s3.amazonaws.com may not sqs:SendMessage .*:events/),
    )
    expect(local.parts.queues.depth('events')).toMatchObject({ ready: 0 })
  })
})
