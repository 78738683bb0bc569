import type { ServerResponse } from 'node:http'
import { AwsError, notImplemented } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import type { Need } from './iam.ts'
import { listObjects } from './s3-list.ts'
import {
  checkCopyPreconditions,
  checkPreconditions,
  plainRange,
  readCopySource,
  type S3Request,
  subresourceOf,
} from './s3-request.ts'
import type { ObjectFiles } from './s3-store.ts'
import { readUpload } from './s3-upload.ts'
import { toXml } from './xml.ts'

export interface S3Context {
  readonly files: ObjectFiles
  readonly buckets: ReadonlySet<string>
  /** Hands the request to s3rver, which answers it. */
  forward(request: S3Request, response: ServerResponse): Promise<void>
  /** Tells the queues, once the answer is known to be a success and before it goes out. */
  announce(request: S3Request, response: ServerResponse, eventName: string): void
}

type Identify = (request: S3Request, context: S3Context) => Operation | Promise<Operation>

/** `METHOD level[?subresource]`: what S3 calls it, what it needs, what answers it. */
const operations: Readonly<Record<string, Identify>> = {
  'HEAD bucket': (request, context) =>
    onBucket(
      request,
      context,
      's3:HeadBucket',
      's3:ListBucket',
      async (response) => void response.writeHead(200).end(),
    ),
  'GET bucket': (request, context) =>
    onBucket(request, context, 's3:ListObjects', 's3:ListBucket', (response) =>
      listObjects(request, context.files, response),
    ),
  'GET bucket?location': (request, context) =>
    onBucket(request, context, 's3:GetBucketLocation', 's3:GetBucketLocation', async (response) =>
      answerXml(response, 'LocationConstraint', ''),
    ),
  'GET object': readObject,
  'HEAD object': readObject,
  'PUT object': (request, context) =>
    request.incoming.headers['x-amz-copy-source']
      ? copyObject(request, context)
      : putObject(request, context),
  'DELETE object': deleteObject,
  'GET object?tagging': (request, context) => onObject(request, context, 's3:GetObjectTagging'),
  'PUT object?tagging': (request, context) => onObject(request, context, 's3:PutObjectTagging'),
  'DELETE object?tagging': (request, context) => ({
    ...onObject(request, context, 's3:DeleteObjectTagging'),
    async run(response) {
      await context.files.deleteTags(request.bucket, request.key)
      response.writeHead(204).end()
    },
  }),
  'POST object?uploads': (request, context) =>
    onObject(request, context, 's3:CreateMultipartUpload', 's3:PutObject'),
  'PUT object?uploadId': uploadPart,
  'POST object?uploadId': completeUpload,
  'GET object?uploadId': listParts,
  'DELETE object?uploadId': abortUpload,
}

export async function identifyS3(request: S3Request, context: S3Context): Promise<Operation> {
  const { method, bucket, key } = request
  const subresource = subresourceOf(request)
  const call = `${method} ${key === '' ? 'bucket' : 'object'}${subresource ? `?${subresource}` : ''}`
  const identify = operations[call]
  if (bucket === '' || !identify)
    throw notImplemented(`the S3 call "${call}" on ${request.incoming.url?.split('?')[0]}`)
  const { headers } = request.incoming
  const ignored = unsupportedHeaders.find((name) => headers[name] !== undefined)
  if (ignored) throw notImplemented(`the S3 header ${ignored}`)
  if (request.query.has('versionId')) throw notImplemented('versions of objects')
  return identify(request, context)
}

/** Each would change what is stored or who may read it, and s3rver would silently not do it. */
const unsupportedHeaders = [
  'x-amz-acl',
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-tagging',
  'x-amz-tagging-directive',
  'x-amz-write-offset-bytes',
  'x-amz-server-side-encryption-customer-algorithm',
]

function onBucket(
  request: S3Request,
  context: S3Context,
  name: string,
  action: string,
  run: Operation['run'],
): Operation {
  return {
    name,
    needs: [{ action, resource: bucketArn(request.bucket) }],
    async run(response) {
      checkBucket(request.bucket, context)
      await run(response)
    },
  }
}

function onObject(request: S3Request, context: S3Context, name: string, action = name): Operation {
  return {
    name,
    needs: [{ action, resource: objectArn(request.bucket, request.key) }],
    async run(response) {
      checkBucket(request.bucket, context)
      await context.forward(request, response)
    },
  }
}

async function readObject(request: S3Request, context: S3Context): Promise<Operation> {
  const { bucket, key, method, incoming } = request
  const operation = onObject(
    request,
    context,
    method === 'HEAD' ? 's3:HeadObject' : 's3:GetObject',
    's3:GetObject',
  )
  const metadata = await context.files.findMetadata(bucket, key)
  return {
    ...operation,
    needs: [...operation.needs, ...needToSeeAbsence(bucket, metadata !== undefined)],
    async run(response) {
      if (!metadata) throw noSuchKey(context, bucket)
      checkPreconditions(incoming.headers, metadata)
      const range = plainRange(incoming.headers.range, metadata['content-length'])
      if (range) incoming.headers.range = range
      else delete incoming.headers.range
      await operation.run(response)
    },
  }
}

function putObject(request: S3Request, context: S3Context): Operation {
  const operation = onObject(request, context, 's3:PutObject')
  return {
    ...operation,
    async run(response) {
      checkBucket(request.bucket, context)
      const { headers } = request.incoming
      checkPreconditions(
        headers,
        headers['if-match'] ? await context.files.findMetadata(request.bucket, request.key) : undefined,
      )
      context.files.uploads.set(request.incoming, readUpload(request.incoming))
      context.announce(request, response, 'ObjectCreated:Put')
      await operation.run(response)
    },
  }
}

async function copyObject(request: S3Request, context: S3Context): Promise<Operation> {
  const { headers } = request.incoming
  const source = readCopySource(String(headers['x-amz-copy-source']))
  const target = objectArn(request.bucket, request.key)
  const metadata = context.buckets.has(source.bucket)
    ? await context.files.findMetadata(source.bucket, source.key)
    : undefined
  const tagged = await context.files.hasTags(source.bucket, source.key)
  return {
    name: 's3:CopyObject',
    needs: [
      { action: 's3:GetObject', resource: objectArn(source.bucket, source.key) },
      { action: 's3:PutObject', resource: target },
      ...(tagged ? needsToCopyTags(source, target) : []),
      ...needToSeeAbsence(source.bucket, metadata !== undefined),
    ],
    async run(response) {
      checkBucket(request.bucket, context)
      if (!metadata) throw noSuchKey(context, source.bucket)
      checkCopyPreconditions(headers, metadata)
      // s3rver undoes encodeURI only, which leaves an encoded slash or plus in the key.
      headers['x-amz-copy-source'] = encodeURI(`${source.bucket}/${source.key}`)
      context.announce(request, response, 'ObjectCreated:Copy')
      await context.forward(request, response)
    },
  }
}

const needsToCopyTags = (source: { bucket: string; key: string }, target: string): Need[] => [
  { action: 's3:GetObjectTagging', resource: objectArn(source.bucket, source.key) },
  { action: 's3:PutObjectTagging', resource: target },
]

function deleteObject(request: S3Request, context: S3Context): Operation {
  const operation = onObject(request, context, 's3:DeleteObject')
  return {
    ...operation,
    async run(response) {
      const metadata = await context.files.findMetadata(request.bucket, request.key)
      checkPreconditions(request.incoming.headers, metadata)
      if (metadata) context.announce(request, response, 'ObjectRemoved:Delete')
      await operation.run(response)
    },
  }
}

async function uploadPart(request: S3Request, context: S3Context): Promise<Operation> {
  const operation = onObject(request, context, 's3:UploadPart', 's3:PutObject')
  if (request.incoming.headers['x-amz-copy-source']) throw notImplemented('S3 UploadPartCopy')
  const number = Number(request.query.get('partNumber'))
  return {
    ...operation,
    async run(response) {
      await findUpload(request, context)
      if (!Number.isInteger(number) || number < 1 || number > 10_000) {
        throw new AwsError(
          'InvalidArgument',
          400,
          'Part number must be an integer between 1 and 10000, inclusive',
        )
      }
      context.files.uploads.set(request.incoming, readUpload(request.incoming))
      await operation.run(response)
    },
  }
}

function completeUpload(request: S3Request, context: S3Context): Operation {
  const operation = onObject(request, context, 's3:CompleteMultipartUpload', 's3:PutObject')
  return {
    ...operation,
    async run(response) {
      await findUpload(request, context)
      context.announce(request, response, 'ObjectCreated:CompleteMultipartUpload')
      await operation.run(response)
    },
  }
}

function listParts(request: S3Request, context: S3Context): Operation {
  const { bucket, key } = request
  return {
    ...onObject(request, context, 's3:ListParts', 's3:ListMultipartUploadParts'),
    async run(response) {
      const uploadId = await findUpload(request, context)
      const parts = await context.files.listParts(bucket, uploadId)
      answerXml(response, 'ListPartsResult', {
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        IsTruncated: false,
        MaxParts: 10_000,
        Part: parts.map((part) => ({
          PartNumber: part.number,
          LastModified: part.modified.toISOString(),
          ETag: part.etag,
          Size: part.size,
        })),
      })
    },
  }
}

function abortUpload(request: S3Request, context: S3Context): Operation {
  return {
    ...onObject(request, context, 's3:AbortMultipartUpload'),
    async run(response) {
      await context.files.abortUpload(request.bucket, await findUpload(request, context))
      response.writeHead(204).end()
    },
  }
}

async function findUpload(request: S3Request, context: S3Context): Promise<string> {
  checkBucket(request.bucket, context)
  const uploadId = request.query.get('uploadId') ?? ''
  const key = /^[0-9a-f]{32}$/.test(uploadId)
    ? await context.files.uploadKey(request.bucket, uploadId)
    : undefined
  if (key === request.key) return uploadId
  throw new AwsError('NoSuchUpload', 404, 'The specified multipart upload does not exist.')
}

/** S3 tells only those who may list a bucket that an object is not in it; everyone else gets a 403. */
const needToSeeAbsence = (bucket: string, found: boolean): Need[] =>
  found ? [] : [{ action: 's3:ListBucket', resource: bucketArn(bucket) }]

function checkBucket(bucket: string, context: S3Context): void {
  if (!context.buckets.has(bucket))
    throw new AwsError('NoSuchBucket', 404, 'The specified bucket does not exist')
}

function noSuchKey(context: S3Context, bucket: string): AwsError {
  checkBucket(bucket, context)
  return new AwsError('NoSuchKey', 404, 'The specified key does not exist.')
}

export function answerXml(
  response: ServerResponse,
  root: string,
  content: Parameters<typeof toXml>[1],
): void {
  const body = toXml(root, content)
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`
const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`
