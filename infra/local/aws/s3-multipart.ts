import { AwsError, notImplemented } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import { answerXml, checkBucket, onObject, type S3Context } from './s3-context.ts'
import type { S3Request } from './s3-request.ts'
import { readUpload } from './s3-upload.ts'

export async function uploadPart(request: S3Request, context: S3Context): Promise<Operation> {
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

export function completeUpload(request: S3Request, context: S3Context): Operation {
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

export function listParts(request: S3Request, context: S3Context): Operation {
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

export function abortUpload(request: S3Request, context: S3Context): Operation {
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
