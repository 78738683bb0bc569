import type { Db } from '../db/client.ts'

export type ChallengeKind = 'second_factor' | 'passkey_registration' | 'passkey_login'

export interface NewChallenge {
  readonly token_hash: Buffer
  readonly kind: ChallengeKind
  readonly user_id: string | null
  readonly webauthn_challenge: string | null
  readonly is_cookie: boolean
  readonly is_remembered: boolean
  readonly created_at: Date
  readonly expires_at: Date
}

export type ChallengeRow = Pick<
  NewChallenge,
  'token_hash' | 'user_id' | 'webauthn_challenge' | 'is_cookie' | 'is_remembered'
>

export async function insertChallenge(db: Db, challenge: NewChallenge): Promise<void> {
  await db`insert into auth_challenges ${db({ ...challenge })}`
}

export interface Presented {
  readonly token_hash: Buffer
  readonly kind: ChallengeKind
  readonly now: Date
}

export async function findChallenge(
  db: Db,
  { token_hash, kind, now }: Presented,
  mostAttempts: number,
): Promise<ChallengeRow | undefined> {
  const [row] = await db<[ChallengeRow?]>`
    select token_hash, user_id, webauthn_challenge, is_cookie, is_remembered
    from auth_challenges
    where token_hash = ${token_hash} and kind = ${kind} and expires_at > ${now} and attempts < ${mostAttempts}
  `
  return row
}

/** Counts an attempt before it is made, so that many at once are no more than one after the other. */
export async function markAttempt(
  db: Db,
  { token_hash, kind, now }: Presented,
  mostAttempts: number,
): Promise<ChallengeRow | undefined> {
  const [row] = await db<[ChallengeRow?]>`
    update auth_challenges
    set attempts = attempts + 1
    where token_hash = ${token_hash} and kind = ${kind} and expires_at > ${now} and attempts < ${mostAttempts}
    returning token_hash, user_id, webauthn_challenge, is_cookie, is_remembered
  `
  return row
}

/** Undefined where another call was faster. */
export async function deleteChallenge(
  db: Db,
  { token_hash, kind, now }: Presented,
): Promise<ChallengeRow | undefined> {
  const [row] = await db<[ChallengeRow?]>`
    delete from auth_challenges
    where token_hash = ${token_hash} and kind = ${kind} and expires_at > ${now}
    returning token_hash, user_id, webauthn_challenge, is_cookie, is_remembered
  `
  return row
}

export async function deleteSignIns(db: Db, userId: string): Promise<void> {
  await db`delete from auth_challenges where user_id = ${userId} and kind = 'second_factor'`
}
