import type { ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'
import type { Operation } from './aws-service.ts'
import type { S3Request } from './s3-request.ts'
import type { ObjectFiles } from './s3-store.ts'
import { toXml } from './xml.ts'

export interface S3Context {
  readonly files: ObjectFiles
  readonly buckets: ReadonlySet<string>
  /** Hands the request to s3rver, which answers it. */
  forward(request: S3Request, response: ServerResponse): Promise<void>
  /** Tells the queues, once the answer is known to be a success and before it goes out. */
  announce(request: S3Request, response: ServerResponse, eventName: string): void
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

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`
export const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`
