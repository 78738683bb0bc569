import { AwsError, notImplemented } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import type { Need } from './need.ts'
import {
  answerXml,
  bucketArn,
  checkBucket,
  objectArn,
  onBucket,
  onObject,
  type S3Context,
} from './s3-context.ts'
import { listObjects } from './s3-list.ts'
import { abortUpload, completeUpload, createUpload, listParts, uploadPart } from './s3-multipart.ts'
import {
  checkCopyPreconditions,
  checkPreconditions,
  plainRange,
  readCopySource,
  type S3Request,
  subresourceOf,
} from './s3-request.ts'
import { readUpload } from './s3-upload.ts'

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
  'POST object?uploads': createUpload,
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

/** s3rver, which sees no signature, would refuse it as an anonymous caller's. */
export const dispositionParameter = 'response-content-disposition'

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
      const disposition = request.query.get(dispositionParameter)
      if (disposition) response.setHeader('content-disposition', disposition)
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

/** S3 tells only those who may list a bucket that an object is not in it; everyone else gets a 403. */
const needToSeeAbsence = (bucket: string, found: boolean): Need[] =>
  found ? [] : [{ action: 's3:ListBucket', resource: bucketArn(bucket) }]

function noSuchKey(context: S3Context, bucket: string): AwsError {
  checkBucket(bucket, context)
  return new AwsError('NoSuchKey', 404, 'The specified key does not exist.')
}
