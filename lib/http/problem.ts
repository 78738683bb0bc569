import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { AppError, type FieldError, type ProblemCode, problems, unavailable } from '../errors.ts'

/** The body of every failure (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: ProblemCode
  readonly request_id: string
  readonly errors?: readonly FieldError[]
}

const problemType = (code: ProblemCode) => `/problems/${code}`

export function toProblem(error: AppError, requestId: string): APIGatewayProxyStructuredResultV2 {
  const { code, detail, options } = error
  const [status, title] = problems[code]
  const problem: Problem = {
    type: problemType(code),
    title,
    status,
    detail: detail ?? title,
    instance: `/requests/${requestId}`,
    code,
    request_id: requestId,
    ...(options.errors && { errors: options.errors }),
    ...options.extensions,
  }
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      // Every 401 names a way to sign in (RFC 9110, 15.5.2).
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...standingHeaders[code],
      ...options.headers,
    },
    body: JSON.stringify(problem),
  }
}

export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  return isAwsAway(error) ? unavailable(error) : new AppError('internal', undefined, { cause: error })
}

/** In none of its tries did a call of the SDK get an answer, or one that does not blame the service. */
function isAwsAway(error: unknown): boolean {
  const { $metadata } = Object(error) as { $metadata?: { readonly httpStatusCode?: number } }
  return $metadata !== undefined && ($metadata.httpStatusCode ?? 500) >= 500
}

/** What HTTP asks of an answer of this kind. */
const standingHeaders: Partial<Record<ProblemCode, Record<string, string>>> = {
  token_expired: { 'www-authenticate': 'Bearer error="invalid_token"' },
  token_revoked: { 'www-authenticate': 'Bearer error="invalid_token"' },
  idempotency_in_progress: { 'retry-after': '1' },
  rate_limited: { 'retry-after': '1' },
  too_many_attempts: { 'retry-after': '1' },
  unavailable: { 'retry-after': '1' },
}
