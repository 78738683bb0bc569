import { createHash, randomBytes } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { startTestDoor, type TestDoor } from '../../support/front-door.ts'

const mebibyte = 1024 ** 2

let local: TestDoor
let s3: S3Client
let count = 0

beforeAll(async () => {
  local = await startTestDoor()
  s3 = local.s3('veza-test-worker')
})
afterAll(() => local.close())

const base64 = (data: Buffer) => createHash('sha256').update(data).digest('base64')
const md5 = (data: Buffer) => createHash('md5').update(data).digest()

async function begin(options: object = {}) {
  count += 1
  const object = { Bucket: 'uploads', Key: `uploads/many-parts-${count}` }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...object, ...options }))
  const upload = { ...object, UploadId }
  return {
    upload,
    send: async (PartNumber: number, Body: Buffer, options: object = {}): Promise<CompletedPart> => {
      const part = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body, ...options }))
      const { ETag, ChecksumSHA256 } = part
      return { PartNumber, ETag, ...(ChecksumSHA256 && { ChecksumSHA256 }) }
    },
    complete: (...Parts: CompletedPart[]) =>
      s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })),
    list: (options: object = {}) => s3.send(new ListPartsCommand({ ...upload, ...options })),
    read: async () => {
      const { Body, ETag, ContentType } = await s3.send(new GetObjectCommand(object))
      return { bytes: Buffer.from(await Body!.transformToByteArray()), ETag, ContentType }
    },
  }
}

const first = randomBytes(5 * mebibyte)
const last = Buffer.from('the end')

describe('a multipart upload', () => {
  it('becomes one object, with the tag of its parts and one event', async () => {
    await local.parts.queues.call('PurgeQueue', JSON.stringify({ QueueUrl: 'http://local/0/scan' }))
    const { upload, send, complete, read } = await begin({ ContentType: 'audio/flac' })

    const parts = [await send(1, first), await send(2, last)]
    const { ETag } = await complete(...parts)

    const tag = createHash('md5')
      .update(Buffer.concat([md5(first), md5(last)]))
      .digest('hex')
    expect(ETag).toBe(`"${tag}-2"`)
    const object = await read()
    expect(object).toMatchObject({ ETag, ContentType: 'audio/flac' })
    expect(object.bytes.equals(Buffer.concat([first, last]))).toBe(true)
    const [message, ...others] = await local.parts.queues.receive('scan', { max: 10, waitMs: 1000 })
    expect(others).toEqual([])
    expect(JSON.parse(message!.body).Records).toMatchObject([
      {
        eventName: 'ObjectCreated:CompleteMultipartUpload',
        s3: { object: { key: upload.Key, size: 5 * mebibyte + 7, eTag: `${tag}-2` } },
      },
    ])
  })

  it('lists its parts in pages, each as it was sent last', async () => {
    const { send, list } = await begin()
    await send(1, last)
    await send(10_000, last)
    await send(2, last)
    await send(1, Buffer.from('anew'))

    const page = await list({ MaxParts: 2 })
    const rest = await list({ PartNumberMarker: page.NextPartNumberMarker })

    expect(page).toMatchObject({
      IsTruncated: true,
      Parts: [
        { PartNumber: 1, Size: 4, ETag: `"${md5(Buffer.from('anew')).toString('hex')}"` },
        { PartNumber: 2, Size: 7 },
      ],
    })
    expect(rest).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 10_000 }] })
  })

  it.each([
    { name: 'a part but the last is under 5 MiB', code: 'EntityTooSmall', parts: [1, 2] },
    { name: 'a part is not there', code: 'InvalidPart', parts: [1, 3] },
    { name: 'the order is another', code: 'InvalidPartOrder', parts: [2, 1] },
    { name: 'a part is named twice', code: 'InvalidPartOrder', parts: [1, 1] },
    { name: 'no part is named', code: 'MalformedXML', parts: [] },
  ])('is not completed where $name', async ({ code, parts }) => {
    const { send, complete, list } = await begin()
    const sent = [await send(1, last), await send(2, last)]

    const named = parts.map((number) => ({ ...(sent[number - 1] ?? sent[0]), PartNumber: number }))
    await expect(complete(...named)).rejects.toMatchObject({ name: code })
    expect((await list()).Parts).toHaveLength(2)
  })

  it('is not completed with the tag of a part that was sent anew', async () => {
    const { send, complete } = await begin()
    const before = await send(1, last)
    await send(1, Buffer.from('anew'))
    await expect(complete(before)).rejects.toMatchObject({ name: 'InvalidPart' })
  })

  it('is over once it is completed or aborted', async () => {
    const done = await begin()
    const part = await done.send(1, last)
    await done.complete(part)
    const aborted = await begin()
    await s3.send(new AbortMultipartUploadCommand(aborted.upload))

    for (const { send, complete, list, upload } of [done, aborted]) {
      await expect(send(1, last)).rejects.toMatchObject({ name: 'NoSuchUpload' })
      await expect(complete(part)).rejects.toMatchObject({ name: 'NoSuchUpload' })
      await expect(list()).rejects.toMatchObject({ name: 'NoSuchUpload' })
      const abort = s3.send(new AbortMultipartUploadCommand(upload))
      await expect(abort).rejects.toMatchObject({ name: 'NoSuchUpload' })
    }
  })

  it('is completed once by two who do it at the same time', async () => {
    const { send, complete, read } = await begin()
    const part = await send(1, first)

    const outcomes = await Promise.allSettled([complete(part), complete(part)])

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.map(({ reason }) => reason.name)).toEqual(['NoSuchUpload'])
    expect((await read()).bytes.equals(first)).toBe(true)
  })

  it.each(['0'.repeat(32), '../../media'])('called %s is not there', async (UploadId) => {
    const part = new UploadPartCommand({ Bucket: 'uploads', Key: 'k', UploadId, PartNumber: 1, Body: 'x' })
    await expect(s3.send(part)).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })
})

describe('a multipart upload with checksums', () => {
  const verified = { ChecksumAlgorithm: 'SHA256' }

  it('shows those of its parts, and that of all of them', async () => {
    const { send, complete, list } = await begin(verified)
    const parts = [
      await send(1, first, { ChecksumSHA256: base64(first) }),
      await send(2, last, { ChecksumSHA256: base64(last) }),
    ]

    expect((await list()).Parts).toMatchObject([
      { ChecksumSHA256: base64(first) },
      { ChecksumSHA256: base64(last) },
    ])
    const sums = [first, last].map((part) => createHash('sha256').update(part).digest())
    expect(await complete(...parts)).toMatchObject({
      ChecksumSHA256: `${base64(Buffer.concat(sums))}-2`,
      ChecksumType: 'COMPOSITE',
    })
  })

  it('takes no part without one, and none that it does not fit', async () => {
    const { send, list } = await begin(verified)
    await expect(send(1, last)).rejects.toMatchObject({ name: 'InvalidRequest' })
    await expect(send(1, last, { ChecksumSHA256: base64(first) })).rejects.toMatchObject({
      name: 'BadDigest',
    })
    expect((await list()).Parts ?? []).toEqual([])
  })

  it('is not completed without them, or with another', async () => {
    const { send, complete } = await begin(verified)
    const { ChecksumSHA256: _, ...bare } = await send(1, last, { ChecksumSHA256: base64(last) })
    await expect(complete(bare)).rejects.toMatchObject({ name: 'InvalidRequest' })
    const other = { ...bare, ChecksumSHA256: base64(first) }
    await expect(complete(other)).rejects.toMatchObject({ name: 'InvalidPart' })
  })
})
