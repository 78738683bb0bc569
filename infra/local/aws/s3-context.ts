import type { ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import type { S3Request } from './s3-request.ts'
import type { ObjectFiles, WrittenObject } from './s3-store.ts'
import type { Place } from './s3-versions.ts'
import { toXml } from './xml.ts'

export interface S3Context {
  readonly files: ObjectFiles
  readonly buckets: ReadonlySet<string>
  /** Hands the request to s3rver, which answers it, from the files of `place` where it is one on an object. */
  forward(request: S3Request, response: ServerResponse, place?: Place): Promise<void>
  /** Tells the queues. The answer goes out when that is done. */
  announce(request: S3Request, eventName: string, written?: Partial<WrittenObject>): Promise<void>
}

export function onBucket(
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

export function onObject(request: S3Request, context: S3Context, name: string, action = name): Operation {
  return {
    name,
    needs: [{ action, resource: objectArn(request.bucket, request.key) }],
    async run(response) {
      checkBucket(request.bucket, context)
      await context.forward(request, response)
    },
  }
}

export function checkBucket(bucket: string, context: S3Context): void {
  if (!context.buckets.has(bucket))
    throw new AwsError('NoSuchBucket', 404, 'The specified bucket does not exist')
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

export function tellVersion(response: ServerResponse, versionId: string | undefined): void {
  if (versionId !== undefined) response.setHeader('x-amz-version-id', versionId)
}

/** What the files refuse in the words of s3rver is answered in ours. */
export function toAwsError(error: Error & { readonly code?: string; readonly status?: number }): never {
  if (error instanceof AwsError || error.status === undefined) throw error
  throw new AwsError(error.code ?? 'InternalError', error.status, error.message)
}

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`
export const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`
