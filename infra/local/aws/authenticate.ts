import type { Caller, Principals } from '../principals.ts'
import { REGION } from '../template.ts'
import { AwsError } from './aws-error.ts'
import {
  queryOf,
  type Signature,
  type SignedRequest,
  sha256,
  UNSIGNED_PAYLOAD,
  verifySignature,
} from './sigv4.ts'

/** Whose request this is, or an AwsError. `body` is undefined where it streams (S3): its hash is checked on the way. */
export function authenticate(
  request: SignedRequest,
  signature: Signature | undefined,
  options: {
    readonly principals: Principals
    readonly now: Date
    readonly service: string
    readonly body: Buffer | undefined
  },
): Caller {
  if (!signature) throw anonymous(options.service)
  const caller = options.principals.byAccessKey(signature.accessKeyId)
  if (!caller) {
    throw new AwsError(
      'InvalidAccessKeyId',
      403,
      'The AWS Access Key Id you provided does not exist in our records.',
    )
  }
  if (signature.service !== options.service || signature.region !== REGION) {
    throw new AwsError(
      'AuthorizationHeaderMalformed',
      400,
      `The credential is scoped to ${signature.service} in ${signature.region}, not to ${options.service} in ${REGION}.`,
    )
  }
  verifySignature(request, signature, caller, {
    payloadHash: payloadHashOf(request, signature, options.body),
    now: options.now,
  })
  return caller
}

/** Nothing of ours is public. */
const anonymous = (service: string) =>
  service === 's3'
    ? new AwsError(
        'AccessDenied',
        403,
        'Access Denied: the request carries no signature, and no object here is public.',
      )
    : new AwsError('MissingAuthenticationToken', 403, 'Missing Authentication Token')

function payloadHashOf(request: SignedRequest, signature: Signature, body: Buffer | undefined): string {
  const declared = request.headers['x-amz-content-sha256'] as string | undefined
  if (body === undefined) return streamedHash(request, signature, declared)
  const actual = sha256(body)
  if (declared !== undefined && declared !== actual) {
    throw new AwsError('SignatureDoesNotMatch', 403, 'The body does not match its x-amz-content-sha256.')
  }
  return actual
}

function streamedHash(request: SignedRequest, signature: Signature, declared: string | undefined): string {
  if (signature.expiresSeconds !== undefined) {
    return declared ?? new Map(queryOf(request.path)).get('X-Amz-Content-Sha256') ?? UNSIGNED_PAYLOAD
  }
  if (declared !== undefined) return declared
  throw new AwsError(
    'MissingSecurityHeader',
    400,
    'Your request was missing the header x-amz-content-sha256.',
  )
}
