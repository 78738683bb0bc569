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

/** One version of an object: what else comes to its key is another. */
export interface ObjectVersion {
  readonly key: string
  readonly version_id: string
  /** Unquoted. */
  readonly etag: string
}

/** A version is named by its key and its id alone, too. */
export type NamedVersion = Omit<ObjectVersion, 'etag'> & Partial<Pick<ObjectVersion, 'etag'>>

export type CopySource = ObjectVersion & { readonly bucket: string }

export interface ObjectHeaders {
  readonly size_bytes: number
  readonly content_type: string
  /** What those who fetch it are told about keeping it. */
  readonly cache_control?: string
  /** How its bytes are packed; whoever fetches it unpacks them. */
  readonly content_encoding?: string
}

export interface ObjectStore extends MultipartStore {
  readonly bucket: string
  presignPut(key: string, grant: UploadGrant): Promise<{ url: string; headers: Record<string, string> }>
  presignGet(key: string, expiresInSeconds: number, options?: GetOptions): Promise<string>
  put(key: string, body: Readable, about: ObjectHeaders): Promise<void>
  /** Refused, like a copy, when the version has another entity tag than the one that is named. */
  getStream(object: NamedVersion): Promise<ObjectStream>
  /** Both ends included, as in a Range header; of the current version when none is named. */
  getRange(key: string, first: number, last: number, versionId?: string | null): Promise<Uint8Array>
  /** Writes the object once: where it is already, nothing is copied. Answers with its version. */
  copyFrom(source: CopySource, key: string, contentType: string): Promise<string>
  /** A version goes for good; an object of which none is named is only hidden. */
  remove(key: string, versionId?: string | null): Promise<void>
  tag(object: Omit<ObjectVersion, 'etag'>, tags: Readonly<Record<string, string>>): Promise<void>
}

export interface GetOptions {
  /** A browser saves the object under it rather than showing it. */
  readonly filename?: string
  readonly version_id?: string | null
}

/** Milliseconds without an answer, and without a byte of it. */
export interface Patience {
  readonly requestTimeout: number
  readonly socketTimeout: number
}

// Bytes may stop flowing in the middle of an object; the request timeout only covers the first of them.
const usualPatience: Patience = {
  requestTimeout: clientSettings.requestHandler.requestTimeout,
  socketTimeout: 60_000,
}

const settings = {
  ...clientSettings,
  // Otherwise a presigned PUT carries the checksum of an empty body.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const

// S3 answers a copy when it is done, at roughly 100 MB/s.
const copyTimeout = { requestTimeout: 120_000 }

/** The objects of one bucket. */
export function createObjectStore(bucket: string, patience = usualPatience): ObjectStore {
  let loading: Promise<S3Client> | undefined
  const connect = async () => {
    const { S3Client } = await import('@aws-sdk/client-s3')
    const requestHandler = { ...settings.requestHandler, ...patience }
    return new S3Client({ ...settings, requestHandler })
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
    getStream: async (object) => getStream(await client(), bucket, object),
    getRange: async (key, first, last, versionId) =>
      getRange(await client(), bucket, { key, version_id: versionId }, `bytes=${first}-${last}`),
    copyFrom: async (source, key, type) => copy(await client(), bucket, source, key, type),
    remove: async (key, versionId) => remove(await client(), bucket, key, versionId),
    tag: async (object, tags) => tag(await client(), bucket, object, tags),
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

const versioned = (versionId: string | null | undefined) => (versionId ? { VersionId: versionId } : {})

async function presignGet(
  client: S3Client,
  bucket: string,
  key: string,
  { expiresIn, filename, version_id }: GetOptions & { readonly expiresIn: number },
) {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ...versioned(version_id),
    ...(filename && { ResponseContentDisposition: `attachment; filename="${filename}"` }),
  })
  return getSignedUrl(client, command, { expiresIn })
}

type NewObject = ObjectHeaders & { readonly body: Readable }

async function put(client: S3Client, bucket: string, key: string, object: NewObject) {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  const { body, size_bytes, content_type, cache_control, content_encoding } = object
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentLength: size_bytes,
      ContentType: content_type,
      ...(cache_control && { CacheControl: cache_control }),
      ...(content_encoding && { ContentEncoding: content_encoding }),
    }),
  )
}

async function getStream(client: S3Client, bucket: string, { key, version_id, etag }: NamedVersion) {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body, ContentLength } = await client.send(
    new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: version_id,
      ...(etag && { IfMatch: quoted(etag) }),
    }),
  )
  return { body: Body as Readable, size_bytes: ContentLength ?? 0 }
}

async function getRange(
  client: S3Client,
  bucket: string,
  { key, version_id }: { readonly key: string; readonly version_id: string | null | undefined },
  range: string,
) {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: key, Range: range, ...versioned(version_id) }),
  )
  if (!Body) throw new Error(`S3 answered without a body for ${key}`)
  return Body.transformToByteArray()
}

async function copy(client: S3Client, bucket: string, source: CopySource, key: string, type: string) {
  const { CopyObjectCommand } = await import('@aws-sdk/client-s3')
  const command = new CopyObjectCommand({
    Bucket: bucket,
    Key: key,
    CopySource: `${source.bucket}/${source.key}?versionId=${source.version_id}`,
    CopySourceIfMatch: quoted(source.etag),
    IfNoneMatch: '*',
    ContentType: type,
    MetadataDirective: 'REPLACE',
  })
  const copied = await client.send(command, copyTimeout).catch(async (error: Error) => {
    // Either it is there already, or the source is another one: then nothing is there.
    if (error.name !== 'PreconditionFailed') throw error
    return { VersionId: await findCurrentVersion(client, bucket, key).catch(() => Promise.reject(error)) }
  })
  if (!copied.VersionId) throw new Error(`${bucket} keeps no versions`)
  return copied.VersionId
}

async function findCurrentVersion(client: S3Client, bucket: string, key: string) {
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3')
  const { VersionId } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
  return VersionId
}

async function remove(client: S3Client, bucket: string, key: string, versionId?: string | null) {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3')
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ...versioned(versionId) }))
}

async function tag(
  client: S3Client,
  bucket: string,
  { key, version_id }: Omit<ObjectVersion, 'etag'>,
  tags: Readonly<Record<string, string>>,
) {
  const { PutObjectTaggingCommand } = await import('@aws-sdk/client-s3')
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  await client.send(
    new PutObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: version_id, Tagging: { TagSet } }),
  )
}
