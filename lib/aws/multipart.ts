import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'

/** A part of an object that is not one yet, as the bucket has it. */
export interface StoredPart {
  readonly part_number: number
  /** Unquoted. */
  readonly etag: string
  readonly size_bytes: number
  /** Base64; where the upload was begun with checksums. */
  readonly sha256?: string | undefined
}

export interface PartGrant {
  readonly part_number: number
  readonly size_bytes: number
  /** Lower-case hex. */
  readonly sha256?: string | undefined
  readonly expires_in_seconds: number
}

export interface MultipartOptions {
  readonly content_type: string
  /** S3 takes no part without its SHA-256 then, and none that does not fit it. */
  readonly verifies_parts: boolean
}

/** An object that is there, and which one. */
export interface PresentObject {
  readonly etag: string
  readonly size_bytes: number
  readonly version_id: string
}

export interface MultipartStore {
  createMultipart(key: string, options: MultipartOptions): Promise<string>
  presignPart(
    key: string,
    multipartId: string,
    grant: PartGrant,
  ): Promise<{ url: string; headers: Record<string, string> }>
  /** Undefined where there is no such upload any more. */
  listParts(key: string, multipartId: string): Promise<StoredPart[] | undefined>
  /** Undefined where there is no such upload any more; it may have been completed before. */
  completeMultipart(
    key: string,
    multipartId: string,
    parts: readonly StoredPart[],
  ): Promise<Omit<PresentObject, 'size_bytes'> | undefined>
  /** One that is not there counts as thrown away. */
  abortMultipart(key: string, multipartId: string): Promise<void>
  /** Without the right to read it: the bucket's list tells. */
  find(key: string): Promise<PresentObject | undefined>
}

// S3 puts gigabytes together in seconds, and keeps the answer back meanwhile.
const completeTimeout = { requestTimeout: 25_000 }

export function createMultipartStore(bucket: string, client: () => Promise<S3Client>): MultipartStore {
  return {
    createMultipart: async (key, options) => createMultipart(await client(), bucket, key, options),
    presignPart: async (key, id, grant) => presignPart(await client(), bucket, key, id, grant),
    listParts: async (key, id) => goneAsUndefined(listParts(await client(), bucket, key, id)),
    completeMultipart: async (key, id, parts) =>
      goneAsUndefined(completeMultipart(await client(), bucket, key, id, parts)),
    abortMultipart: async (key, id) => goneAsUndefined(abortMultipart(await client(), bucket, key, id)),
    find: async (key) => find(await client(), bucket, key),
  }
}

async function createMultipart(client: S3Client, bucket: string, key: string, options: MultipartOptions) {
  const { CreateMultipartUploadCommand } = await import('@aws-sdk/client-s3')
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      ContentType: options.content_type,
      ...(options.verifies_parts && { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' }),
    }),
  )
  if (!UploadId) throw new Error(`S3 began no upload of ${key}`)
  return UploadId
}

/** A URL for exactly these bytes: size and checksum are signed. */
async function presignPart(client: S3Client, bucket: string, key: string, id: string, grant: PartGrant) {
  const { UploadPartCommand } = await import('@aws-sdk/client-s3')
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const checksum = grant.sha256 && Buffer.from(grant.sha256, 'hex').toString('base64')
  const headers: Record<string, string> = checksum ? { 'x-amz-checksum-sha256': checksum } : {}
  const command = new UploadPartCommand({
    Bucket: bucket,
    Key: key,
    UploadId: id,
    PartNumber: grant.part_number,
    ContentLength: grant.size_bytes,
    ...(checksum && { ChecksumSHA256: checksum }),
  })
  const url = await getSignedUrl(client, command, {
    expiresIn: grant.expires_in_seconds,
    signableHeaders: new Set(['host', 'content-length', ...Object.keys(headers)]),
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
  })
  return { url, headers }
}

/** The SDK's own paginator goes on for ever: S3 names a next marker on the last page too. */
async function listParts(client: S3Client, bucket: string, key: string, id: string): Promise<StoredPart[]> {
  const { ListPartsCommand } = await import('@aws-sdk/client-s3')
  const parts: StoredPart[] = []
  let marker: string | undefined
  do {
    const page = await client.send(
      new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: id, PartNumberMarker: marker }),
    )
    for (const { PartNumber = 0, ETag = '', Size = 0, ChecksumSHA256 } of page.Parts ?? []) {
      parts.push({ part_number: PartNumber, etag: unquoted(ETag), size_bytes: Size, sha256: ChecksumSHA256 })
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
  } while (marker !== undefined)
  return parts
}

async function completeMultipart(
  client: S3Client,
  bucket: string,
  key: string,
  id: string,
  parts: readonly StoredPart[],
) {
  const { CompleteMultipartUploadCommand } = await import('@aws-sdk/client-s3')
  const Parts = parts.map(
    ({ part_number, etag, sha256 }): CompletedPart => ({
      PartNumber: part_number,
      ETag: `"${etag}"`,
      ...(sha256 && { ChecksumSHA256: sha256 }),
    }),
  )
  const { ETag = '', VersionId } = await client.send(
    new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: id,
      MultipartUpload: { Parts },
    }),
    completeTimeout,
  )
  return { etag: unquoted(ETag), version_id: VersionId ?? unversioned }
}

async function abortMultipart(client: S3Client, bucket: string, key: string, id: string): Promise<void> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3')
  await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: id }))
}

async function find(client: S3Client, bucket: string, key: string): Promise<PresentObject | undefined> {
  const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3')
  const { Versions } = await client.send(
    new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, MaxKeys: 2 }),
  )
  const version = Versions?.find(({ Key, IsLatest }) => Key === key && IsLatest)
  return (
    version && {
      etag: unquoted(version.ETag ?? ''),
      size_bytes: version.Size ?? 0,
      version_id: version.VersionId ?? unversioned,
    }
  )
}

async function goneAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if ((error as Error).name === 'NoSuchUpload') return undefined
    throw error
  }
}

/** What S3 calls the version of an object in a bucket that keeps none. */
const unversioned = 'null'

const unquoted = (etag: string) => etag.replaceAll('"', '')
