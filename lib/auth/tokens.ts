import { randomUUID } from 'node:crypto'
import { JOSEError, JWKSNoMatchingKey, JWTExpired, JWTInvalid } from 'jose/errors'
import { SignJWT } from 'jose/jwt/sign'
import { jwtVerify } from 'jose/jwt/verify'
import type { Actor, Refusal } from './actor.ts'
import { findKey, type LoadKeys } from './key-ring.ts'
import { permissionsOf } from './permissions.ts'

// Without zod, which would be half of the authorizer's bundle.

const issuer = 'veza'
const audience = 'veza-api'
const typ = 'at+jwt'
const clockSkewSeconds = 30

/** Ours have some 450 characters; nothing is computed for what is far longer. */
const longestToken = 2_048
/** `Bearer` and what spaces a client may put behind it. */
const longestScheme = 64

const claims = ['sub', 'sid', 'tv', 'role', 'auth_time', 'acr', 'iat', 'nbf', 'exp', 'jti']

export type VerifiedToken =
  | { readonly actor: Actor; readonly expires_at: number }
  | { readonly reason: Refusal }

export interface SignerDependencies {
  readonly loadKeys: LoadKeys
  readonly ttlSeconds: number
  readonly now?: () => Date
}

export type AccessTokenSigner = ReturnType<typeof createAccessTokenSigner>

export function createAccessTokenSigner({
  loadKeys,
  ttlSeconds,
  now = () => new Date(),
}: SignerDependencies) {
  return {
    ttlSeconds,
    async sign({ id, session_id, token_version, role, auth_time, acr }: Actor): Promise<string> {
      const { kid, keys } = await loadKeys()
      const seconds = Math.floor(now().getTime() / 1000)
      const times = { iat: seconds, nbf: seconds, exp: seconds + ttlSeconds }
      const subject = { sub: id, sid: session_id, tv: token_version, role, auth_time, acr }
      return new SignJWT({ iss: issuer, aud: audience, ...subject, ...times, jti: randomUUID() })
        .setProtectedHeader({ alg: 'HS256', typ, kid })
        .sign(keys.get(kid)!)
    },
  }
}

export interface VerifierDependencies {
  readonly loadKeys: LoadKeys
  readonly now?: () => Date
}

/** Reads an Authorization header; undefined when there is none. */
export function createTokenVerifier({ loadKeys, now = () => new Date() }: VerifierDependencies) {
  const keyOf = async ({ kid }: { kid?: unknown }) => {
    const key = await findKey(loadKeys, kid)
    if (!key) throw new JWKSNoMatchingKey()
    return key
  }

  const verify = async (token: string): Promise<VerifiedToken> => {
    if (token.length > longestToken) throw new JWTInvalid('too long')
    const at = now()
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: ['HS256'],
      typ,
      issuer,
      audience,
      requiredClaims: claims,
      clockTolerance: clockSkewSeconds,
      currentDate: at,
    })
    const { sub, sid, tv, role, auth_time, acr, exp } = readClaims(payload, at)
    return { actor: { id: sub, session_id: sid, role, token_version: tv, auth_time, acr }, expires_at: exp }
  }

  return async (authorization: string | undefined): Promise<VerifiedToken | undefined> => {
    if (authorization === undefined) return undefined
    // An expression that goes through megabytes runs out of stack.
    const isTooLong = authorization.length > longestToken + longestScheme
    const token = isTooLong ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    return token ? verify(token).catch(refuse) : { reason: 'unauthenticated' }
  }
}

interface AccessTokenClaims {
  readonly sub: string
  readonly sid: string
  readonly tv: number
  readonly role: Actor['role']
  readonly auth_time: number
  readonly acr: Actor['acr']
  readonly exp: number
}

const isUuid = (value: unknown) =>
  typeof value === 'string' && /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/.test(value)
const isOneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value)

const rules: Readonly<Record<string, (value: unknown) => boolean>> = {
  aud: isOneOf([audience]),
  sub: isUuid,
  sid: isUuid,
  jti: isUuid,
  tv: Number.isSafeInteger,
  role: isOneOf(Object.keys(permissionsOf)),
  acr: isOneOf(['aal1', 'aal2']),
  auth_time: Number.isSafeInteger,
  iat: Number.isSafeInteger,
  nbf: Number.isSafeInteger,
  exp: Number.isSafeInteger,
}

/** A signature says who has written the claims, not that they are those of an access token. */
function readClaims(payload: Readonly<Record<string, unknown>>, at: Date): AccessTokenClaims {
  const wrong = Object.keys(rules).find((name) => !rules[name]!(payload[name]))
  if (wrong) throw new JWTInvalid(`${wrong} is not as it should be`)
  const claims = payload as unknown as AccessTokenClaims & { readonly iat: number }
  if (claims.iat > at.getTime() / 1_000 + clockSkewSeconds) throw new JWTInvalid('issued in the future')
  return claims
}

/** A secret that cannot be read is our failure, not the caller's. */
function refuse(error: unknown): VerifiedToken {
  if (error instanceof JWTExpired) return { reason: 'token_expired' }
  if (error instanceof JOSEError) return { reason: 'unauthenticated' }
  throw error
}
