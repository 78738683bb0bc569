import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { later, minuteMs } from '../time.ts'
import {
  type ChallengeKind,
  type ChallengeRow,
  deleteChallenge,
  deleteSignIns,
  findChallenge,
  insertChallenge,
  markAttempt,
} from './challenges-repository.ts'

const lifetimeMs = 5 * minuteMs
export const challengeSeconds = lifetimeMs / 1_000
const mostAttempts = 5

export type Challenge = ChallengeRow

export interface ChallengeSpec {
  readonly kind: ChallengeKind
  readonly user_id?: string
  readonly webauthn_challenge?: string
  readonly is_cookie?: boolean
  readonly is_remembered?: boolean
}

/** Gives the token by which a sign-in, or the registration of a passkey, goes on. */
export async function openChallenge(db: Db, spec: ChallengeSpec, now: Date): Promise<string> {
  const token = randomToken()
  await insertChallenge(db, {
    token_hash: hashToken(token),
    kind: spec.kind,
    user_id: spec.user_id ?? null,
    webauthn_challenge: spec.webauthn_challenge ?? null,
    is_cookie: spec.is_cookie ?? false,
    is_remembered: spec.is_remembered ?? false,
    created_at: now,
    expires_at: later(now, lifetimeMs),
  })
  return token
}

/** Counts one attempt of the few there are. Run it outside the transaction of what is attempted. */
export async function takeAttempt(db: Db, kind: ChallengeKind, token: string, now: Date): Promise<Challenge> {
  return orGone(kind, await markAttempt(db, { token_hash: hashToken(token), kind, now }, mostAttempts))
}

/** Reads it without a count. */
export async function readChallenge(db: Db, kind: ChallengeKind, token: string, now: Date) {
  return orGone(kind, await findChallenge(db, { token_hash: hashToken(token), kind, now }, mostAttempts))
}

/** Uses it up: of two calls at once one gets it. */
export async function closeChallenge(db: Db, kind: ChallengeKind, token: string, now: Date) {
  return orGone(kind, await deleteChallenge(db, { token_hash: hashToken(token), kind, now }))
}

/** Ends the sign-ins of the user that wait for a second factor: their password is not the present one any more. */
export const dropSignIns = (tx: Db, userId: string): Promise<void> => deleteSignIns(tx, userId)

/** Where a sign-in waits for a code, no code is right any more; `is_over` tells a client to begin anew. */
function orGone(kind: ChallengeKind, challenge: Challenge | undefined): Challenge {
  if (challenge) return challenge
  const code = kind === 'second_factor' ? 'invalid_code' : 'invalid_token'
  const extensions = { is_over: true }
  throw new AppError(code, 'This has expired, was used or failed too often: start again', { extensions })
}
