import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import type { Actor } from '../auth/actor.ts'

export const chatTokenSeconds = 5 * 60

export interface ChatSubject extends Pick<Actor, 'id' | 'session_id' | 'role'> {
  readonly user_number: number
  readonly username: string
}

const reads = ['chat:read', 'chat:write']
const moderates = [...reads, 'chat:moderate']

const permissions: Readonly<Record<Actor['role'], readonly string[]>> = {
  user: reads,
  creator: reads,
  moderator: moderates,
  admin: moderates,
}

const rooms = (role: Actor['role']) =>
  permissions[role].includes('chat:moderate') ? ['public', 'staff'] : ['public']

/** The chat server parses strictly: `user_id` a number of 32 bits, whole seconds, and no `aud` at all. */
export function signChatToken(secret: string, subject: ChatSubject, issuedAt: number): Promise<string> {
  const { id, session_id, user_number, username, role } = subject
  return new SignJWT({
    user_id: user_number,
    username,
    role,
    iat: issuedAt,
    exp: issuedAt + chatTokenSeconds,
    sub: id,
    sid: session_id,
    jti: randomUUID(),
    permissions: permissions[role],
    rooms: rooms(role),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(Buffer.from(secret))
}
