import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AwsError } from '../aws/aws-error.ts'
import { toXml } from '../aws/xml.ts'

/** As CloudFront and S3 both write it. */
export function answerError(
  { method }: IncomingMessage,
  response: ServerResponse,
  { code, status, message }: AwsError,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = toXml('Error', { Code: code, Message: message })
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  })
  response.end(method === 'HEAD' ? undefined : body)
}
