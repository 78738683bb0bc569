import { notImplemented } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import { answerXml, onBucket, type S3Context } from './s3-context.ts'
import { listObjects, listVersions } from './s3-list.ts'
import { abortUpload, completeUpload, createUpload, listParts, uploadPart } from './s3-multipart.ts'
import { copyObject, deleteObject, putObject, readObject, tagging } from './s3-objects.ts'
import { type S3Request, subresourceOf } from './s3-request.ts'

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
  'GET bucket?versions': (request, context) =>
    onBucket(request, context, 's3:ListObjectVersions', 's3:ListBucketVersions', (response) =>
      listVersions(request, context.files, response),
    ),
  'GET object': readObject,
  'HEAD object': readObject,
  'PUT object': (request, context) =>
    request.incoming.headers['x-amz-copy-source']
      ? copyObject(request, context)
      : putObject(request, context),
  'DELETE object': deleteObject,
  'GET object?tagging': tagging('Get'),
  'PUT object?tagging': tagging('Put'),
  'DELETE object?tagging': tagging('Delete'),
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
