import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Read tokens as the Rust servers do: HS256 alone, claims of exactly these types, whole numbers, no leeway on the
 * expiry. Each throws with what it does not take.
 */
export interface Reading {
  readonly secret: string
  /** Seconds since 1970. */
  readonly now: number
}

type Claims = Readonly<Record<string, unknown>>
type Rule = (value: unknown) => boolean

const longestToken = 2_048

/** A number that was written with a point or an exponent, which serde takes for no integer. */
const float = Symbol('float')

const isText: Rule = (value) => typeof value === 'string'
const isInteger: Rule = (value) => typeof value === 'number' && Number.isInteger(value)
const isI32: Rule = (value) => isInteger(value) && Math.abs(value as number) <= 2 ** 31 - 1
const isListOf =
  (names: readonly string[]): Rule =>
  (value) =>
    Array.isArray(value) && value.every((item) => names.includes(item))

const streamRoles = ['Admin', 'Moderator', 'User', 'Premium', 'Artist', 'Guest']
const streamPermissions = [
  ...['StreamAudio', 'StreamHighQuality', 'StreamUnlimited', 'UploadAudio', 'DeleteAudio', 'ModifyMetadata'],
  ...['ViewAnalytics', 'ManageUsers', 'SystemAdmin', 'CreatePlaylists', 'ShareContent', 'Comment', 'Like'],
  ...['AccessAPI', 'ManageSubscriptions', 'ViewReports'],
]

const chatRules: Readonly<Record<string, Rule>> = {
  user_id: isI32,
  username: isText,
  role: isText,
  exp: isInteger,
  iat: isInteger,
  aud: (value) => value === undefined,
}

const streamRules: Readonly<Record<string, Rule>> = {
  sub: isInteger,
  username: isText,
  email: (value) => value === undefined || value === null || isText(value),
  roles: isListOf(streamRoles),
  permissions: isListOf(streamPermissions),
  session_id: isText,
  exp: isInteger,
  iat: isInteger,
  iss: (value) => value === 'veza-platform',
  aud: (value) => value === 'veza-services',
}

export const readChatToken = (token: string, reading: Reading) => read(token, reading, chatRules)
export const readStreamToken = (token: string, reading: Reading) => read(token, reading, streamRules)

function read(token: string, { secret, now }: Reading, rules: Readonly<Record<string, Rule>>): Claims {
  if (token.length > longestToken) throw new Error('too long')
  const [head = '', body = '', signature = '', ...others] = token.split('.')
  if (others.length > 0) throw new Error('not three parts')
  if (parse(head).alg !== 'HS256') throw new Error('InvalidAlgorithm')
  const expected = createHmac('sha256', secret).update(`${head}.${body}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Error('InvalidSignature')
  const claims = parse(body)
  for (const [name, isTaken] of Object.entries(rules)) {
    if (!isTaken(claims[name])) throw new Error(`invalid ${name}`)
  }
  if ((claims.exp as number) < now) throw new Error('ExpiredSignature')
  return claims
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

function parse(part: string): Claims {
  const markFloats: Reviver = (_, value, { source = '' }) =>
    typeof value === 'number' && /[.eE]/.test(source) ? float : value
  return JSON.parse(Buffer.from(part, 'base64url').toString(), markFloats as Parameters<typeof JSON.parse>[1])
}

/** Put together by hand, for what no library would sign. */
export function forgeToken(secret: string, claims: string | object, alg = 'HS256'): string {
  const encode = (part: unknown) =>
    Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
  const text = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`
  return `${text}.${createHmac(alg.replace('HS', 'sha'), secret).update(text).digest('base64url')}`
}
