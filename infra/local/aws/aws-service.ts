import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'
import type { Need } from './need.ts'

/** A request whose signature has been verified. `body` is empty for a service that streams. */
export interface AwsRequest {
  readonly incoming: IncomingMessage
  readonly method: string
  /** Raw, with its query string. */
  readonly path: string
  readonly body: Buffer
  readonly requestId: string
}

/** What a request asks for, in IAM's words, and how to do it once that is allowed. */
export interface Operation {
  /** `s3:PutObject`: what fault injection and logs call it. */
  readonly name: string
  readonly needs: readonly Need[]
  run(response: ServerResponse): Promise<void>
}

export interface AwsService {
  /** As in the credential scope of a signature. */
  readonly name: string
  /** The body is handed on as it comes and never held. */
  readonly streams: boolean
  /** Throws an AwsError for what it does not know: nothing unknown is let through. */
  identify(request: AwsRequest): Operation | Promise<Operation>
  /** Headers that every answer of the service has, a refusal too. */
  decorate?(response: ServerResponse, request: AwsRequest): void
  fail(
    response: ServerResponse,
    error: AwsError,
    request: { readonly method: string; readonly requestId: string },
  ): void
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  contentType: string,
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

/** The error shape of the JSON protocols: SQS, Secrets Manager, SES and Lambda differ in the prefix only. */
export function failJson(options: {
  readonly prefix?: string
  readonly contentType: string
  readonly query?: boolean
}) {
  return (response: ServerResponse, error: AwsError, { requestId }: { readonly requestId: string }): void => {
    const code = exceptionNames[error.code] ?? error.code
    response.setHeader('x-amzn-requestid', requestId)
    response.setHeader('x-amzn-errortype', code)
    if (options.query)
      response.setHeader('x-amzn-query-error', `${code};${error.status < 500 ? 'Sender' : 'Receiver'}`)
    const body = { __type: `${options.prefix ?? ''}${code}`, message: error.message, Message: error.message }
    answerJson(response, error.status, body, options.contentType)
  }
}

/** Outside S3 the common errors carry other names. */
const exceptionNames: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  InvalidAccessKeyId: 'UnrecognizedClientException',
  InvalidToken: 'UnrecognizedClientException',
  RequestTimeTooSkewed: 'InvalidSignatureException',
  AuthorizationHeaderMalformed: 'IncompleteSignatureException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  NotImplemented: 'UnknownOperationException',
}

export function parseJson(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}')
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // answered below, like every other body that is no object
  }
  throw new AwsError('SerializationException', 400, 'The body is not a JSON object.')
}
