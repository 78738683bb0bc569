import { randomUUID } from 'node:crypto'
import { JOSEError, JWKSNoMatchingKey } from 'jose/errors'
import { SignJWT } from 'jose/jwt/sign'
import { jwtVerify } from 'jose/jwt/verify'
import * as z from 'zod/mini'
import { findKey, type LoadKeys } from '../auth/key-ring.ts'
import type { TokenTimes } from '../media/streams/streaming.ts'
import { dayMs } from '../time.ts'
import { filters } from './filters.ts'

const issuer = 'veza'
const audience = 'veza-plays'
const typ = 'play+jwt'

/** How long after the stream was over it may still be reported. */
export const reportMs = 7 * dayMs

/** How long after its stream was issued a play may still be reported; streams live a quarter of a day. */
export const reportedWithinMs = reportMs + dayMs

const hash = z.hex().check(z.length(32))

/** What was seen of a client when the stream was issued to it; hashes are hex, and of that day. */
export const playClient = z.object({
  network: hash,
  /** Tells whether the same listener plays the same track again, and nothing else. */
  listener: hash,
  filter: z.optional(z.enum(filters)),
  country: z.optional(z.string().check(z.maxLength(8))),
  device: z.optional(z.string().check(z.maxLength(16))),
  /** Whether it asked that nobody follows it. */
  is_anonymous: z.optional(z.literal(true)),
})
export type PlayClient = z.output<typeof playClient>

export interface Play {
  readonly track_id: string
  readonly version_id: string
  /** Undefined for a guest. */
  readonly user_id: string | undefined
  readonly session_id: string
  /** Tells guests apart, hex. */
  readonly visitor: string | undefined
  /** The secret link by which the track was reached. */
  readonly share_id: string | undefined
  readonly client?: PlayClient | undefined
}

/** Goes back to us with reports of what was listened to; one issue of a stream makes one play at most. */
export async function signPlayToken(loadKeys: LoadKeys, play: Play, times: TokenTimes): Promise<string> {
  const { kid, keys } = await loadKeys()
  return new SignJWT({
    tid: play.track_id,
    vid: play.version_id,
    sid: play.session_id,
    ...(play.user_id && { sub: play.user_id }),
    ...(play.visitor && { vis: play.visitor }),
    ...(play.share_id && { shr: play.share_id }),
    ...(play.client && { cli: play.client }),
    iss: issuer,
    aud: audience,
    iat: times.issuedAt,
    exp: times.expires,
    jti: randomUUID(),
  })
    .setProtectedHeader({ alg: 'HS256', typ, kid })
    .sign(keys.get(kid)!)
}

export interface IssuedPlay extends Play {
  readonly id: string
  readonly issued_at: Date
}

const claims = z.object({
  jti: z.uuid(),
  tid: z.uuid(),
  vid: z.uuid(),
  sid: z.uuid(),
  sub: z.optional(z.uuid()),
  vis: z.optional(hash),
  shr: z.optional(z.uuid()),
  cli: z.optional(playClient),
  iat: z.int(),
})

/** The play that a token stands for; undefined where it is none of ours, or too old. */
export async function verifyPlayToken(loadKeys: LoadKeys, token: string, now: Date) {
  const keyOf = async ({ kid }: { kid?: unknown }) => {
    const key = await findKey(loadKeys, kid)
    if (!key) throw new JWKSNoMatchingKey()
    return key
  }
  const verified = await jwtVerify(token, keyOf, {
    algorithms: ['HS256'],
    typ,
    issuer,
    audience,
    requiredClaims: ['exp'],
    clockTolerance: reportMs / 1_000,
    currentDate: now,
  }).catch(undefinedIfBad)
  const { data } = claims.safeParse(verified?.payload)
  return data && toPlay(data)
}

/** A secret that cannot be read is our failure, not the caller's. */
function undefinedIfBad(error: unknown) {
  if (error instanceof JOSEError) return undefined
  throw error
}

const toPlay = ({ jti, tid, vid, sid, sub, vis, shr, cli, iat }: z.output<typeof claims>): IssuedPlay => ({
  id: jti,
  issued_at: new Date(iat * 1_000),
  track_id: tid,
  version_id: vid,
  session_id: sid,
  user_id: sub,
  visitor: vis,
  share_id: shr,
  client: cli,
})
