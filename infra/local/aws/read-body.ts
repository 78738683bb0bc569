import type { IncomingMessage } from 'node:http'
import { AwsError } from './aws-error.ts'

/** Above Lambda's 6 MB payload and ten SQS messages of 1 MiB. */
const MAX_BODY = 12 * 1024 * 1024

export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new AwsError('RequestEntityTooLargeException', 413, 'The body is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
