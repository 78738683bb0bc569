import { AwsError, notImplemented } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import { readBody } from './read-body.ts'
import { answerXml, checkBucket, onObject, type S3Context, tellVersion, toAwsError } from './s3-context.ts'
import { type Assembly, compositeOf, noSuchUpload, type Part, PartFiles } from './s3-parts.ts'
import type { S3Request } from './s3-request.ts'
import { readUpload } from './s3-upload.ts'

const mebibyte = 1024 ** 2
/** Only the last part may be smaller. */
const smallestPart = 5 * mebibyte
const mostParts = 10_000
const page = 1000

export function createUpload(request: S3Request, context: S3Context): Operation {
  const { bucket, key } = request
  return {
    ...onObject(request, context, 's3:CreateMultipartUpload', 's3:PutObject'),
    async run(response) {
      checkBucket(bucket, context)
      const { headers } = request.incoming
      const algorithm = headers['x-amz-checksum-algorithm']
      if (algorithm !== undefined && algorithm !== 'SHA256') throw notImplemented(`parts with ${algorithm}`)
      if (headers['x-amz-checksum-type'] === 'FULL_OBJECT') {
        throw new AwsError('InvalidRequest', 400, 'The FULL_OBJECT checksum type cannot be used with sha256.')
      }
      const { id } = await partsOf(context).create(bucket, key, headers)
      if (algorithm) response.setHeader('x-amz-checksum-algorithm', algorithm)
      answerXml(response, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id })
    },
  }
}

export async function uploadPart(request: S3Request, context: S3Context): Promise<Operation> {
  const { bucket, incoming } = request
  const operation = onObject(request, context, 's3:UploadPart', 's3:PutObject')
  if (incoming.headers['x-amz-copy-source']) throw notImplemented('S3 UploadPartCopy')
  const number = Number(request.query.get('partNumber'))
  return {
    ...operation,
    async run(response) {
      const assembly = await findUpload(request, context)
      if (!Number.isInteger(number) || number < 1 || number > mostParts) {
        throw invalid('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
      }
      const sha256 = readPartChecksum(request, assembly)
      const part = await partsOf(context)
        .put(bucket, assembly, number, readUpload(incoming), sha256)
        .catch(toAwsError)
      response.setHeader('etag', JSON.stringify(part.md5))
      if (sha256) response.setHeader('x-amz-checksum-sha256', sha256)
      response.writeHead(200, { 'content-length': 0 }).end()
    },
  }
}

/** An upload that was begun with a checksum takes no part without one. */
function readPartChecksum(
  { incoming: { headers } }: S3Request,
  { isVerified }: Assembly,
): string | undefined {
  const sha256 = headers['x-amz-checksum-sha256']
  if (isVerified && sha256 === undefined) {
    const given = headers['x-amz-checksum-crc32'] === undefined ? 'null' : 'crc32'
    throw invalid(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: ${given}`,
    )
  }
  return sha256 === undefined ? undefined : String(sha256)
}

export function completeUpload(request: S3Request, context: S3Context): Operation {
  const { bucket, key, incoming } = request
  const operation = onObject(request, context, 's3:CompleteMultipartUpload', 's3:PutObject')
  return {
    ...operation,
    async run(response) {
      const named = readNamedParts((await readBody(incoming)).toString())
      const assembly = await findUpload(request, context)
      const parts = choose(named, await partsOf(context).list(bucket, assembly), assembly)
      const written = await partsOf(context)
        .join(bucket, assembly, parts)
        .catch((error) => toAwsError(error.code === 'ENOENT' ? noSuchUpload() : error))
      await context.announce(request, 'ObjectCreated:CompleteMultipartUpload', written)
      tellVersion(response, written.version_id)
      answerXml(response, 'CompleteMultipartUploadResult', {
        Location: `http://${incoming.headers.host}/${bucket}/${encodeURI(key)}`,
        Bucket: bucket,
        Key: key,
        ETag: written.etag,
        ChecksumSHA256: assembly.isVerified ? compositeChecksum(parts) : undefined,
        ChecksumType: assembly.isVerified ? 'COMPOSITE' : undefined,
      })
    },
  }
}

const compositeChecksum = (parts: readonly Part[]) =>
  compositeOf(
    'sha256',
    parts.map(({ sha256 }) => Buffer.from(sha256!, 'base64')),
    'base64',
  )

interface NamedPart {
  readonly number: number
  readonly etag: string
  readonly sha256: string | undefined
}

function readNamedParts(xml: string): NamedPart[] {
  const text = (part: string, name: string) =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(part)?.[1]?.replaceAll(/"|&quot;|&#34;/g, '')
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(text(part, 'PartNumber')),
    etag: text(part, 'ETag') ?? '',
    sha256: text(part, 'ChecksumSHA256'),
  }))
  if (
    parts.length === 0 ||
    parts.length > mostParts ||
    parts.some(({ number }) => !Number.isInteger(number))
  ) {
    throw invalid(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    )
  }
  return parts
}

/** The parts that are named, held against those that are there. */
function choose(named: readonly NamedPart[], there: readonly Part[], { isVerified }: Assembly): Part[] {
  if (named.some(({ number }, index) => index > 0 && number <= named[index - 1]!.number)) {
    throw invalid(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
    )
  }
  const byNumber = new Map(there.map((part) => [part.number, part]))
  const parts = named.map(({ number, etag, sha256 }) => {
    if (isVerified && sha256 === undefined) {
      throw invalid(
        'InvalidRequest',
        `The upload was created using a sha256 checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      )
    }
    const part = byNumber.get(number)
    if (part?.md5 !== etag || (sha256 !== undefined && sha256 !== part.sha256)) {
      throw invalid(
        'InvalidPart',
        'One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part’s entity tag.',
      )
    }
    return part
  })
  if (parts.slice(0, -1).some(({ size }) => size < smallestPart)) {
    throw invalid('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
  }
  return parts
}

export function listParts(request: S3Request, context: S3Context): Operation {
  const { bucket, key, query } = request
  return {
    ...onObject(request, context, 's3:ListParts', 's3:ListMultipartUploadParts'),
    async run(response) {
      const assembly = await findUpload(request, context)
      const after = Number(query.get('part-number-marker') ?? 0)
      const limit = Math.min(Number(query.get('max-parts') ?? page), page)
      const rest = (await partsOf(context).list(bucket, assembly)).filter(({ number }) => number > after)
      const shown = rest.slice(0, limit)
      answerXml(response, 'ListPartsResult', {
        Bucket: bucket,
        Key: key,
        UploadId: assembly.id,
        PartNumberMarker: after,
        NextPartNumberMarker: shown.at(-1)?.number ?? after,
        MaxParts: limit,
        IsTruncated: rest.length > shown.length,
        Part: shown.map((part) => ({
          PartNumber: part.number,
          LastModified: part.modified,
          ETag: JSON.stringify(part.md5),
          Size: part.size,
          ChecksumSHA256: part.sha256,
        })),
        ChecksumAlgorithm: assembly.isVerified ? 'SHA256' : undefined,
        ChecksumType: assembly.isVerified ? 'COMPOSITE' : undefined,
      })
    },
  }
}

export function abortUpload(request: S3Request, context: S3Context): Operation {
  return {
    ...onObject(request, context, 's3:AbortMultipartUpload'),
    async run(response) {
      await partsOf(context).abort(request.bucket, await findUpload(request, context))
      response.writeHead(204).end()
    },
  }
}

async function findUpload(request: S3Request, context: S3Context): Promise<Assembly> {
  const { bucket, key, query } = request
  checkBucket(bucket, context)
  const assembly = await partsOf(context).find(bucket, key, query.get('uploadId') ?? '')
  if (!assembly) throw noSuchUpload()
  return assembly
}

const partsOf = ({ files }: S3Context) => new PartFiles(files)

const invalid = (code: string, message: string) => new AwsError(code, 400, message)
