import type { Db } from '../db/client.ts'

/** One key of one user on one route. */
export interface KeyPlace {
  readonly user_id: string
  readonly route: string
  readonly key_hash: Buffer
}

export interface Claim extends KeyPlace {
  readonly fingerprint: Buffer
  /** Of this try; what a later one has taken over is not touched by an earlier. */
  readonly claim_id: string
  readonly leased_until: Date
  readonly expires_at: Date
}

/** False where the key is in use. What crashed is taken up again, by the same request, once its lease is over. */
export async function claimKey(db: Db, claim: Claim, now: Date): Promise<boolean> {
  const { count } = await db`
    insert into idempotency_keys as kept (
      user_id, route, key_hash, fingerprint, claim_id, leased_until, expires_at
    ) values (
      ${claim.user_id}, ${claim.route}, ${claim.key_hash}, ${claim.fingerprint}, ${claim.claim_id},
      ${claim.leased_until}, ${claim.expires_at}
    )
    on conflict (user_id, route, key_hash) do update set
      fingerprint = excluded.fingerprint, claim_id = excluded.claim_id, leased_until = excluded.leased_until,
      expires_at = excluded.expires_at, sealed_answer = null
    where kept.expires_at <= ${now} or (
      kept.sealed_answer is null and kept.leased_until <= ${now} and kept.fingerprint = excluded.fingerprint
    )
  `
  return count === 1
}

export interface KeptCall {
  readonly fingerprint: Buffer
  /** Null while it runs. */
  readonly sealed_answer: Buffer | null
}

export async function findKeptCall(db: Db, place: KeyPlace): Promise<KeptCall | undefined> {
  const { user_id, route, key_hash } = place
  const [row] = await db<[KeptCall?]>`
    select fingerprint, sealed_answer
    from idempotency_keys
    where user_id = ${user_id} and route = ${route} and key_hash = ${key_hash}
  `
  return row
}

export async function keepAnswer(db: Db, claim: Claim, sealed: Buffer): Promise<void> {
  const { user_id, route, key_hash, claim_id } = claim
  await db`
    update idempotency_keys set sealed_answer = ${sealed}
    where user_id = ${user_id} and route = ${route} and key_hash = ${key_hash} and claim_id = ${claim_id}
  `
}

export async function releaseKey(db: Db, claim: Claim): Promise<void> {
  const { user_id, route, key_hash, claim_id } = claim
  await db`
    delete from idempotency_keys
    where user_id = ${user_id} and route = ${route} and key_hash = ${key_hash} and claim_id = ${claim_id}
  `
}
