import { writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { startTestDoor, type TestDoor } from '../../support/front-door.ts'

let local: TestDoor
let keeper: S3Client

beforeAll(async () => {
  local = await startTestDoor()
  keeper = local.s3('veza-test-keeper')
})
afterAll(() => local.close())

const Bucket = 'kept'

const put = async (Key: string, Body: string, extra: object = {}) =>
  (await keeper.send(new PutObjectCommand({ Bucket, Key, Body, ...extra }))).VersionId!

const read = async (Key: string, VersionId?: string, by = keeper) => {
  const answer = await by.send(new GetObjectCommand({ Bucket, Key, VersionId }))
  return { text: await answer.Body!.transformToString(), version: answer.VersionId, type: answer.ContentType }
}

const remove = (Key: string, VersionId?: string, by = keeper) =>
  by.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))

const list = async (Prefix: string, extra: object = {}) =>
  keeper.send(new ListObjectVersionsCommand({ Bucket, Prefix, ...extra }))

describe('a bucket that keeps versions', () => {
  test('reads each version by its id and the newest without', async () => {
    const first = await put('song', 'first', { ContentType: 'audio/wav' })
    const second = await put('song', 'second', { ContentType: 'audio/mpeg' })

    expect(await read('song')).toEqual({ text: 'second', version: second, type: 'audio/mpeg' })
    expect(await read('song', first)).toEqual({ text: 'first', version: first, type: 'audio/wav' })
    expect(await keeper.send(new HeadObjectCommand({ Bucket, Key: 'song', VersionId: first }))).toMatchObject(
      {
        ContentLength: 5,
        VersionId: first,
      },
    )
  })

  test('reads a range of an older version, and refuses it another entity tag', async () => {
    const first = await put('ranged', '0123456789')
    await put('ranged', 'abcdefghij')
    const ask = (extra: object) =>
      keeper.send(new GetObjectCommand({ Bucket, Key: 'ranged', VersionId: first, ...extra }))
    const newest = await keeper.send(new HeadObjectCommand({ Bucket, Key: 'ranged' }))

    expect(await (await ask({ Range: 'bytes=2-4' })).Body!.transformToString()).toBe('234')
    await expect(ask({ IfMatch: newest.ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' })
  })

  test('never mixes the bytes of two versions, however often one is written while another is read', async () => {
    const first = await put('busy', 'a'.repeat(200_000))
    const writing = Array.from({ length: 20 }, (_, round) => put('busy', 'bcdef'[round % 5]!.repeat(200_000)))

    const texts = await Promise.all(Array.from({ length: 20 }, () => read('busy', first)))
    const current = await Promise.all(Array.from({ length: 20 }, () => read('busy')))
    const written = await Promise.all(writing)

    expect(new Set(texts.map(({ text }) => text))).toEqual(new Set(['a'.repeat(200_000)]))
    for (const { text } of current) expect(new Set(text).size).toBe(1)
    expect(new Set(written).size).toBe(20)
  })

  test('hides an object behind a marker, and shows it again when the marker goes', async () => {
    const version = await put('hidden', 'there')

    const marker = await remove('hidden')
    const readHidden = read('hidden')
    const readMarker = read('hidden', marker.VersionId)

    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) })
    await expect(readHidden).rejects.toMatchObject({ name: 'NoSuchKey' })
    await expect(readMarker).rejects.toMatchObject({ $metadata: { httpStatusCode: 405 } })
    expect((await read('hidden', version)).text).toBe('there')
    const { Contents } = await keeper.send(new ListObjectsV2Command({ Bucket, Prefix: 'hidden' }))
    expect(Contents).toBeUndefined()

    expect(await remove('hidden', marker.VersionId)).toMatchObject({ DeleteMarker: true })
    expect((await read('hidden')).version).toBe(version)
  })

  test('takes one version away for good and plays the one before', async () => {
    const first = await put('undone', 'first')
    const second = await put('undone', 'second')

    await remove('undone', second)

    expect(await read('undone')).toMatchObject({ text: 'first', version: first })
    await expect(read('undone', second)).rejects.toMatchObject({ name: 'NoSuchVersion' })
    await remove('undone', first)
    await expect(read('undone')).rejects.toMatchObject({ name: 'NoSuchKey' })
    expect(await list('undone')).not.toHaveProperty('Versions')
  })

  test('lists versions and markers, in pages, the newest of a key first', async () => {
    const versions = [await put('list/a', '1'), await put('list/a', '2'), await put('list/b', '3')]
    const { VersionId: marker } = await remove('list/b')

    const all = await list('list/')
    const first = await list('list/', { MaxKeys: 1 })
    const rest = await list('list/', {
      KeyMarker: first.NextKeyMarker,
      VersionIdMarker: first.NextVersionIdMarker,
    })

    expect(all.Versions).toMatchObject([
      { Key: 'list/a', VersionId: versions[1], IsLatest: true, Size: 1 },
      { Key: 'list/a', VersionId: versions[0], IsLatest: false },
      { Key: 'list/b', VersionId: versions[2], IsLatest: false },
    ])
    expect(all.DeleteMarkers).toMatchObject([{ Key: 'list/b', VersionId: marker, IsLatest: true }])
    expect([first.IsTruncated, rest.IsTruncated]).toEqual([true, false])
    expect(rest.Versions).toHaveLength(2)
  })

  test('copies the version that is named, though another has taken its place', async () => {
    const first = await put('source', 'scanned', { ContentType: 'audio/wav' })
    const { ETag } = await keeper.send(new HeadObjectCommand({ Bucket, Key: 'source', VersionId: first }))
    await put('source', 'swapped')
    const copy = (VersionId: string, extra: object = {}) =>
      keeper.send(
        new CopyObjectCommand({
          Bucket,
          Key: 'target',
          CopySource: `${Bucket}/source?versionId=${VersionId}`,
          ...extra,
        }),
      )

    const { VersionId } = await copy(first, {
      CopySourceIfMatch: ETag,
      ContentType: 'audio/flac',
      MetadataDirective: 'REPLACE',
    })

    expect(await read('target', VersionId)).toEqual({
      text: 'scanned',
      version: VersionId,
      type: 'audio/flac',
    })
    await expect(copy('0'.repeat(32))).rejects.toMatchObject({ name: 'NoSuchVersion' })
    await expect(copy('latest')).rejects.toMatchObject({ name: 'InvalidArgument' })
  })

  test('keeps tags with the version they were put on', async () => {
    const first = await put('tagged', 'first')
    const second = await put('tagged', 'second')
    const TagSet = [{ Key: 'verdict', Value: 'infected' }]
    await keeper.send(
      new PutObjectTaggingCommand({ Bucket, Key: 'tagged', VersionId: first, Tagging: { TagSet } }),
    )

    const tagsOf = (VersionId: string) =>
      keeper.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged', VersionId }))

    expect((await tagsOf(first)).TagSet).toEqual(TagSet)
    expect((await tagsOf(second)).TagSet).toEqual([])
  })

  test('creates once only with If-None-Match, and again once the object is deleted', async () => {
    const create = () => put('once', 'x', { IfNoneMatch: '*' })

    const results = await Promise.allSettled([create(), create(), create()])

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await list('once')).Versions).toHaveLength(1)
    await remove('once')
    expect(await create()).toEqual(expect.any(String))
  })

  test('makes a version of a multipart upload', async () => {
    const Key = 'in-parts'
    const { UploadId } = await keeper.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const part = { Bucket, Key, UploadId, PartNumber: 1 }
    const { ETag } = await keeper.send(new UploadPartCommand({ ...part, Body: 'whole' }))
    await keeper.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    )

    expect(await read(Key)).toMatchObject({ text: 'whole', version: expect.any(String) })
  })

  test('reads what was there before it kept versions, as the null version', async () => {
    writeFileSync(path.join(local.dataDir, 's3', Bucket, 'old._S3rver_object'), 'from before')

    expect(await read('old')).toMatchObject({ text: 'from before', version: 'null' })
    expect((await read('old', 'null')).text).toBe('from before')
    await put('old', 'new')
    expect((await read('old')).text).toBe('new')
  })

  test('keeps everything across a restart', async () => {
    const first = await put('lasting', 'first')
    const second = await put('lasting', 'second')
    const again = await (async () => {
      await local.stop()
      return startTestDoor({ dataDir: local.dataDir })
    })()
    local = again
    keeper = local.s3('veza-test-keeper')

    expect(await read('lasting', first)).toMatchObject({ text: 'first' })
    expect(await read('lasting')).toMatchObject({ text: 'second', version: second })
    expect(await put('lasting', 'third')).toEqual(expect.any(String))
    expect((await list('lasting')).Versions).toHaveLength(3)
  })
})

describe('who may', () => {
  test('asks for a right of its own to read or remove a version', async () => {
    const version = await put('guarded', 'x')
    const tracks = local.s3('veza-test-tracks')

    expect((await read('guarded', undefined, tracks)).text).toBe('x')
    await expect(read('guarded', version, tracks)).rejects.toThrow(/s3:GetObjectVersion /)
    await expect(remove('guarded', version, tracks)).rejects.toThrow(/s3:DeleteObjectVersion /)
    expect(await remove('guarded', undefined, tracks)).toMatchObject({ DeleteMarker: true })
    expect((await read('guarded', version)).text).toBe('x')
  })

  test('refuses the place where versions lie by its own name', async () => {
    const asked = keeper.send(new GetObjectCommand({ Bucket: 'kept.versions', Key: 'song' }))

    await expect(asked).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
  })
})

test('tells the queue which version was written, and which marker hides it', async () => {
  const sqs = new SQSClient(local.as('operator'))
  const receive = async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: `${local.door.url}/000000000000/scan`, MaxNumberOfMessages: 10 }),
    )
    return Messages.flatMap(({ Body }) => JSON.parse(Body!).Records)
  }
  for (let batch = await receive(); batch.length > 0; batch = await receive());

  const version = await put('told of', 'x')
  const { VersionId: marker } = await remove('told of')
  await remove('told of', version)

  const told = (await receive()).map(({ eventName, s3: { object } }) => [eventName, object.versionId])
  expect(told.sort()).toEqual([
    ['ObjectCreated:Put', version],
    ['ObjectRemoved:Delete', version],
    ['ObjectRemoved:DeleteMarkerCreated', marker],
  ])
})
