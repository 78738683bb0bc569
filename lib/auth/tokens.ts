import { randomUUID } from 'node:crypto'
import { JOSEError, JWKSNoMatchingKey, JWTExpired } from 'jose/errors'
import { SignJWT } from 'jose/jwt/sign'
import { jwtVerify } from 'jose/jwt/verify'
import type { Actor, Refusal } from './actor.ts'
import type { LoadKeys } from './key-ring.ts'

// Without zod, which would be half of the authorizer's bundle.

const issuer = 'veza'
const audience = 'veza-api'
const typ = 'at+jwt'
const clockSkewSeconds = 30

/** How old the keys may be when a token names one that is not among them. */
const unknownKidMaxAgeMs = 30_000

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
  const findKey = async ({ kid = '' }: { kid?: string }) => {
    const key = (await loadKeys()).keys.get(kid) ?? (await loadKeys(unknownKidMaxAgeMs)).keys.get(kid)
    if (!key) throw new JWKSNoMatchingKey()
    return key
  }

  const verify = async (token: string): Promise<VerifiedToken> => {
    const { payload } = await jwtVerify<AccessTokenClaims>(token, findKey, {
      algorithms: ['HS256'],
      typ,
      issuer,
      audience,
      requiredClaims: claims,
      clockTolerance: clockSkewSeconds,
      currentDate: now(),
    })
    const { sub, sid, tv, role, auth_time, acr, exp } = payload
    return { actor: { id: sub, session_id: sid, role, token_version: tv, auth_time, acr }, expires_at: exp }
  }

  return async (authorization: string | undefined): Promise<VerifiedToken | undefined> => {
    if (authorization === undefined) return undefined
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    return token ? verify(token).catch(refuse) : { reason: 'unauthenticated' }
  }
}

interface AccessTokenClaims {
  sub: string
  sid: string
  tv: number
  role: Actor['role']
  auth_time: number
  acr: Actor['acr']
  exp: number
}

/** A secret that cannot be read is our failure, not the caller's. */
function refuse(error: unknown): VerifiedToken {
  if (error instanceof JWTExpired) return { reason: 'token_expired' }
  if (error instanceof JOSEError) return { reason: 'unauthenticated' }
  throw error
}
