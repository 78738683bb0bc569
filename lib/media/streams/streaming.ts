import { createHmac, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import type { Actor } from '../../auth/actor.ts'

/** Whoever listens, as the stream server knows people. */
export interface Listener {
  /** Null of a guest. */
  readonly id: string | null
  readonly user_number: number
  readonly username: string
  readonly role: Actor['role'] | 'guest'
  readonly session_id: string
}

const streamRoles: Record<Listener['role'], readonly string[]> = {
  guest: ['Guest'],
  user: ['User'],
  creator: ['User', 'Artist'],
  moderator: ['User', 'Moderator'],
  admin: ['User', 'Admin'],
}

export const guest = (): Listener => ({
  id: null,
  user_number: 0,
  username: 'guest',
  role: 'guest',
  session_id: randomUUID(),
})

const shortestSeconds = 10 * 60
const longestSeconds = 6 * 60 * 60

/** Twice the track, for pauses; a track of unknown length gets the most. */
export function streamSeconds(durationMs: number | null): number {
  const twice = durationMs === null ? longestSeconds : Math.ceil((2 * durationMs) / 1000)
  return Math.min(Math.max(twice, shortestSeconds), longestSeconds)
}

/** A link that the stream server serves until it expires; `expires` in seconds since 1970. */
export function signStreamUrl(serverUrl: string, secret: string, name: string, expires: number): string {
  const signature = createHmac('sha256', secret).update(`${name}:${expires}`).digest('hex')
  return `${serverUrl}/stream/${name}?expires=${expires}&sig=${signature}`
}

export interface TokenTimes {
  readonly issuedAt: number
  readonly expires: number
}

export interface Streamed {
  readonly track_id: string
  readonly version_id: string
}

/**
 * The stream server parses these claims strictly: `sub` a number, `aud` one string, whole seconds. What it does not
 * know it passes over; there stands what the token is for.
 */
export function signStreamToken(
  secret: string,
  listener: Listener,
  { track_id, version_id }: Streamed,
  times: TokenTimes,
): Promise<string> {
  const claims = {
    sub: listener.user_number,
    username: listener.username,
    roles: streamRoles[listener.role],
    permissions: ['StreamAudio'],
    session_id: listener.session_id,
    iss: 'veza-platform',
    aud: 'veza-services',
    iat: times.issuedAt,
    exp: times.expires,
    jti: randomUUID(),
    track_id,
    version_id,
    ...(listener.id !== null && { uid: listener.id }),
  }
  // jose's type wants a text for `sub`, as RFC 7519 does.
  return new SignJWT(claims as unknown as Record<string, unknown>)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(Buffer.from(secret))
}
