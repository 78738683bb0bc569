import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { formerTimes } from '../clock.ts'
import { AwsError } from './aws-error.ts'

const ALGORITHM = 'AWS4-HMAC-SHA256'
const MAX_SKEW_MS = 15 * 60_000
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'

/** A request as its signature covers it. `path` is raw, with its query string. */
export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export interface Signature {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly value: string
  /** `20260822T101112Z`, as signed. */
  readonly time: string
  readonly securityToken: string | undefined
  /** Set on a presigned URL only. */
  readonly expiresSeconds?: number
}

export interface Credentials {
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The signature a request carries, or undefined when it carries none. */
export function readSignature(request: SignedRequest): Signature | undefined {
  const query = queryOf(request.path)
  const presigned = query.find(([name]) => name === 'X-Amz-Algorithm')
  const authorization = request.headers.authorization
  if (presigned && authorization) {
    throw new AwsError(
      'InvalidArgument',
      400,
      'Only one auth mechanism allowed: a signed query or the Authorization header.',
    )
  }
  if (presigned) return readPresigned(new Map(query))
  return authorization === undefined ? undefined : readHeader(authorization, request.headers)
}

/**
 * Throws unless the signature is that of these credentials over this request, now. `payloadHash` is what the
 * canonical request ends with: the caller decides it, because S3 and the other services differ there.
 */
export function verifySignature(
  request: SignedRequest,
  signature: Signature,
  credentials: Credentials,
  options: { readonly payloadHash: string; readonly now: Date },
): void {
  if (signature.securityToken !== credentials.sessionToken) {
    throw new AwsError('InvalidToken', 403, 'The security token included in the request is invalid.')
  }
  checkTime(signature, options.now)
  checkSignedHeaders(request, signature)
  const expected = sign(request, signature, credentials.secretAccessKey, options.payloadHash)
  const given = Buffer.from(signature.value)
  if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) {
    throw new AwsError(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    )
  }
}

function readPresigned(query: ReadonlyMap<string, string>): Signature {
  const malformed = (reason: string) => new AwsError('AuthorizationQueryParametersError', 400, reason)
  const parameter = (name: string) => {
    const value = query.get(name)
    if (value === undefined) throw malformed(`Query-string authentication requires the ${name} parameter.`)
    return value
  }
  if (parameter('X-Amz-Algorithm') !== ALGORITHM)
    throw malformed(`X-Amz-Algorithm only supports ${ALGORITHM}.`)
  const expires = parameter('X-Amz-Expires')
  const expiresSeconds = Number(expires)
  if (!/^\d+$/.test(expires) || expiresSeconds < 1 || expiresSeconds > MAX_EXPIRES_SECONDS) {
    throw malformed('X-Amz-Expires must be a number of seconds between 1 and 604800.')
  }
  return {
    ...readCredential(parameter('X-Amz-Credential'), malformed),
    signedHeaders: parameter('X-Amz-SignedHeaders').split(';'),
    value: parameter('X-Amz-Signature'),
    time: parameter('X-Amz-Date'),
    securityToken: query.get('X-Amz-Security-Token'),
    expiresSeconds,
  }
}

function readHeader(authorization: string, headers: IncomingHttpHeaders): Signature {
  const malformed = (reason: string) => new AwsError('AuthorizationHeaderMalformed', 400, reason)
  const [algorithm, ...rest] = authorization.split(' ')
  if (algorithm !== ALGORITHM) throw malformed(`The authorization type ${algorithm} is not supported.`)
  const parts = new Map(
    rest
      .join('')
      .split(',')
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const),
  )
  const part = (name: string) => {
    const value = parts.get(name)
    if (!value) throw malformed(`The authorization header is malformed; missing ${name}.`)
    return value
  }
  const token = headers['x-amz-security-token']
  return {
    ...readCredential(part('Credential'), malformed),
    signedHeaders: part('SignedHeaders').split(';'),
    value: part('Signature'),
    time: String(headers['x-amz-date'] ?? ''),
    securityToken: token === undefined ? undefined : String(token),
  }
}

function readCredential(credential: string, malformed: (reason: string) => AwsError) {
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = credential.split('/')
  if (terminator !== 'aws4_request')
    throw malformed('The credential must be <key>/<date>/<region>/<service>/aws4_request.')
  return { accessKeyId, date, region, service }
}

function checkTime(signature: Signature, now: Date): void {
  const signedAt = parseTime(signature.time)
  if (signedAt === undefined || !signature.time.startsWith(signature.date)) {
    throw new AwsError(
      'AccessDenied',
      403,
      'X-Amz-Date is missing, malformed, or of another day than the credential.',
    )
  }
  if (signature.expiresSeconds === undefined) {
    const times = [now.getTime(), ...formerTimes()]
    if (times.some((time) => Math.abs(time - signedAt) <= MAX_SKEW_MS)) return
    throw new AwsError(
      'RequestTimeTooSkewed',
      403,
      'The difference between the request time and the current time is too large.',
    )
  }
  if (signedAt > now.getTime() + MAX_SKEW_MS)
    throw new AwsError('AccessDenied', 403, 'Request is not yet valid.')
  if (now.getTime() > signedAt + signature.expiresSeconds * 1000) {
    throw new AwsError('AccessDenied', 403, 'Request has expired.')
  }
}

/** An `x-amz-` header that nobody signed could change what the call does: AWS refuses it, so do we. */
function checkSignedHeaders(request: SignedRequest, signature: Signature): void {
  const signed = new Set(signature.signedHeaders)
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith('x-amz-') && !signed.has(name) && !isPayloadHashOfUrl(name, signature),
  )
  if (!signed.has('host')) unsigned.push('host')
  if (unsigned.length > 0) {
    throw new AwsError(
      'AccessDenied',
      403,
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    )
  }
}

const isPayloadHashOfUrl = (name: string, signature: Signature) =>
  name === 'x-amz-content-sha256' && signature.expiresSeconds !== undefined

function sign(request: SignedRequest, signature: Signature, secret: string, payloadHash: string): string {
  const scope = [signature.date, signature.region, signature.service, 'aws4_request']
  const canonical = [
    request.method,
    canonicalPath(request.path, signature.service),
    canonicalQuery(request.path),
    ...signature.signedHeaders.map((name) => `${name}:${headerValue(request.headers[name])}`),
    '',
    signature.signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
  const stringToSign = [ALGORITHM, signature.time, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce<string | Buffer>((step, part) => hmac(step, part), `AWS4${secret}`)
  return hmac(key, stringToSign).toString('hex')
}

/** S3 encodes the path once; every other service encodes once more what was sent. */
function canonicalPath(path: string, service: string): string {
  const raw = path.split('?', 1)[0] ?? '/'
  const segments = raw.split('/')
  if (service === 's3') return segments.map((segment) => encode(decode(segment))).join('/')
  return segments
    .filter((segment, index) => segment !== '' || index === 0 || index === segments.length - 1)
    .map(encode)
    .join('/')
}

function canonicalQuery(path: string): string {
  return queryOf(path)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

export function queryOf(path: string): [name: string, value: string][] {
  const at = path.indexOf('?')
  if (at < 0) return []
  return path
    .slice(at + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
    })
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError('InvalidURI', 400, 'The URI cannot be parsed.')
  }
}

function parseTime(time: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  const parsed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(parsed) ? undefined : parsed
}

const headerValue = (value: string | string[] | undefined) =>
  [value ?? ''].flat().join(',').trim().replace(/ +/g, ' ')

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
