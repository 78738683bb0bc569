import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { clientSettings } from './client-settings.ts'
import { createMultipartStore, type MultipartStore } from './multipart.ts'

export interface ObjectStream {
  readonly body: Readable
  readonly size_bytes: number
}

export interface UploadGrant {
  readonly content_type: string
  readonly size_bytes: number
  /** Lower-case hex. */
  readonly sha256?: string | undefined
  readonly expires_in_seconds: number
}

export interface CopySource {
  readonly bucket: string
  readonly key: string
  /** The copy is refused when the source is no longer the object with this entity tag (unquoted). */
  readonly etag: string
}

export interface ObjectHeaders {
  readonly size_bytes: number
  readonly content_type: string
  /** What those who fetch it are told about keeping it. */
  readonly cache_control?: string
}

export interface ObjectStore extends MultipartStore {
  readonly bucket: string
  presignPut(key: string, grant: UploadGrant): Promise<{ url: string; headers: Record<string, string> }>
  /** With a filename, a browser saves the object under it rather than showing it. */
  presignGet(key: string, expiresInSeconds: number, options?: { filename?: string }): Promise<string>
  put(key: string, body: Readable, about: ObjectHeaders): Promise<void>
  /** Refused, like a copy, when the object is another one by now. */
  getStream(key: string, etag: string): Promise<ObjectStream>
  /** Both ends included, as in a Range header. */
  getRange(key: string, first: number, last: number): Promise<Uint8Array>
  copyFrom(source: CopySource, key: string, contentType: string): Promise<void>
  remove(key: string): Promise<void>
  tag(key: string, tags: Readonly<Record<string, string>>): Promise<void>
}

const settings = {
  ...clientSettings,
  // Bytes may stop flowing in the middle of an object; the request timeout only covers the first of them.
  requestHandler: { ...clientSettings.requestHandler, socketTimeout: 60_000 },
  // Otherwise a presigned PUT carries the checksum of an empty body.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const

// S3 answers a copy when it is done, at roughly 100 MB/s.
const copyTimeout = { requestTimeout: 120_000 }

/** The objects of one bucket. */
export function createObjectStore(bucket: string): ObjectStore {
  let loading: Promise<S3Client> | undefined
  const connect = async () => {
    const { S3Client } = await import('@aws-sdk/client-s3')
    return new S3Client(settings)
  }
  const client = () => {
    loading ??= connect()
    return loading
  }
  return {
    bucket,
    ...createMultipartStore(bucket, client),
    presignPut: async (key, grant) => presignPut(await client(), bucket, key, grant),
    presignGet: async (key, expiresIn, options) =>
      presignGet(await client(), bucket, key, { expiresIn, ...options }),
    put: async (key, body, about) => put(await client(), bucket, key, { body, ...about }),
    getStream: async (key, etag) => getStream(await client(), bucket, key, etag),
    getRange: async (key, first, last) => getRange(await client(), bucket, key, first, last),
    copyFrom: async (source, key, type) => copy(await client(), bucket, source, key, type),
    remove: async (key) => remove(await client(), bucket, key),
    tag: async (key, tags) => tag(await client(), bucket, key, tags),
  }
}

/** One URL for exactly these bytes: size, type and checksum are signed, and nothing can be overwritten. */
async function presignPut(client: S3Client, bucket: string, key: string, grant: UploadGrant) {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const checksum = grant.sha256 && Buffer.from(grant.sha256, 'hex').toString('base64')
  const headers = {
    'content-type': grant.content_type,
    'if-none-match': '*',
    ...(checksum && { 'x-amz-checksum-sha256': checksum }),
  }
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentType: grant.content_type,
    ContentLength: grant.size_bytes,
    IfNoneMatch: '*',
    ...(checksum && { ChecksumSHA256: checksum }),
  })
  const url = await getSignedUrl(client, command, {
    expiresIn: grant.expires_in_seconds,
    signableHeaders: new Set(['host', 'content-length', ...Object.keys(headers)]),
    // S3 checks a checksum only as a header, never as a query parameter.
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
  })
  return { url, headers }
}

const quoted = (etag: string) => `"${etag}"`

async function presignGet(
  client: S3Client,
  bucket: string,
  key: string,
  { expiresIn, filename }: { expiresIn: number; filename?: string },
) {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ...(filename && { ResponseContentDisposition: `attachment; filename="${filename}"` }),
  })
  return getSignedUrl(client, command, { expiresIn })
}

type NewObject = ObjectHeaders & { readonly body: Readable }

async function put(client: S3Client, bucket: string, key: string, object: NewObject) {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  const { body, size_bytes, content_type, cache_control } = object
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentLength: size_bytes,
      ContentType: content_type,
      ...(cache_control && { CacheControl: cache_control }),
    }),
  )
}

async function getStream(client: S3Client, bucket: string, key: string, etag: string) {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body, ContentLength } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: quoted(etag) }),
  )
  return { body: Body as Readable, size_bytes: ContentLength ?? 0 }
}

async function getRange(client: S3Client, bucket: string, key: string, first: number, last: number) {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${first}-${last}` }),
  )
  if (!Body) throw new Error(`S3 answered without a body for ${key}`)
  return Body.transformToByteArray()
}

async function copy(client: S3Client, bucket: string, source: CopySource, key: string, type: string) {
  const { CopyObjectCommand } = await import('@aws-sdk/client-s3')
  await client.send(
    new CopyObjectCommand({
      Bucket: bucket,
      Key: key,
      CopySource: `${source.bucket}/${source.key}`,
      CopySourceIfMatch: quoted(source.etag),
      ContentType: type,
      MetadataDirective: 'REPLACE',
    }),
    copyTimeout,
  )
}

async function remove(client: S3Client, bucket: string, key: string) {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3')
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
}

async function tag(client: S3Client, bucket: string, key: string, tags: Readonly<Record<string, string>>) {
  const { PutObjectTaggingCommand } = await import('@aws-sdk/client-s3')
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  await client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key, Tagging: { TagSet } }))
}
