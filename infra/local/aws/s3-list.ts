import type { ServerResponse } from 'node:http'
import { AwsError, notImplemented } from './aws-error.ts'
import { answerXml } from './s3-context.ts'
import type { S3Request } from './s3-request.ts'
import type { ObjectFiles } from './s3-store.ts'
import type { ListedVersion } from './s3-versions.ts'
import { toXml } from './xml.ts'

const PAGE = 1000

/** ListObjectsV2. s3rver's own pages need DES, which OpenSSL 3 has no more. */
export async function listObjects(
  { bucket, query }: S3Request,
  files: ObjectFiles,
  response: ServerResponse,
): Promise<void> {
  if (query.get('list-type') !== '2') throw notImplemented('ListObjects version 1; use ListObjectsV2')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const token = query.get('continuation-token')
  const after = token === undefined ? (query.get('start-after') ?? '') : readToken(token)
  const limit = Math.min(Number(query.get('max-keys') ?? PAGE), PAGE)

  // The walk is in the order of the directory, the answer in the order of the keys.
  const { objects, commonPrefixes } = await files.listObjects(bucket, { prefix, delimiter })
  const entries = [
    ...objects.map((object) => ({ name: object.key, object })),
    ...commonPrefixes.map((name) => ({ name, object: undefined })),
  ]
    .filter(({ name }) => name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const page = entries.slice(0, limit)
  const more = entries.length > page.length

  const body = toXml('ListBucketResult', {
    Name: bucket,
    Prefix: prefix,
    Delimiter: delimiter === '' ? undefined : delimiter,
    MaxKeys: limit,
    KeyCount: page.length,
    IsTruncated: more,
    ContinuationToken: token,
    NextContinuationToken: more ? writeToken(page.at(-1)?.name ?? after) : undefined,
    Contents: page.flatMap(({ object }) =>
      object
        ? [
            {
              Key: object.key,
              LastModified: object.lastModifiedDate.toISOString(),
              ETag: object.metadata.etag,
              Size: object.size,
              StorageClass: 'STANDARD',
            },
          ]
        : [],
    ),
    CommonPrefixes: page.flatMap(({ name, object }) => (object ? [] : [{ Prefix: name }])),
  })
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** ListObjectVersions, without a delimiter. */
export async function listVersions(
  { bucket, query }: S3Request,
  files: ObjectFiles,
  response: ServerResponse,
): Promise<void> {
  if (query.has('delimiter')) throw notImplemented('ListObjectVersions with a delimiter')
  const prefix = query.get('prefix') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = query.get('version-id-marker')
  const limit = Math.min(Number(query.get('max-keys') ?? PAGE), PAGE)

  const rest = (await files.versions.listAll(bucket, prefix)).filter(
    ({ key, id }) => key > keyMarker || (key === keyMarker && idMarker !== undefined && id < idMarker),
  )
  const page = rest.slice(0, limit)
  const last = rest.length > page.length ? page.at(-1) : undefined
  const described = await Promise.all(page.map((version) => describe(files, bucket, version)))

  answerXml(response, 'ListVersionsResult', {
    Name: bucket,
    Prefix: prefix,
    KeyMarker: keyMarker,
    MaxKeys: limit,
    IsTruncated: last !== undefined,
    NextKeyMarker: last?.key,
    NextVersionIdMarker: last?.id,
    Version: described.filter((version) => 'ETag' in version),
    DeleteMarker: described.filter((version) => !('ETag' in version)),
  })
}

async function describe(files: ObjectFiles, bucket: string, { key, id, is_latest }: ListedVersion) {
  const version = { Key: key, VersionId: id, IsLatest: is_latest }
  const found = await files.find({ bucket, key }, id)
  if (!found || !('place' in found)) return version
  const { etag, 'content-length': size, 'last-modified': modified } = found.metadata
  return {
    ...version,
    LastModified: new Date(modified).toISOString(),
    ETag: etag,
    Size: size,
    StorageClass: 'STANDARD',
  }
}

const writeToken = (key: string) => Buffer.from(`v1:${key}`).toString('base64url')

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (text.startsWith('v1:')) return text.slice(3)
  throw new AwsError('InvalidArgument', 400, 'The continuation token provided is incorrect')
}
