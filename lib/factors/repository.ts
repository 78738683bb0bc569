import type { Db } from '../db/client.ts'

export interface NewTotp {
  readonly user_id: string
  readonly sealed_secret: string
  readonly kid: string
  readonly created_at: Date
}

/** False where the factor is enabled already; one that is not is replaced. */
export async function upsertTotp(db: Db, totp: NewTotp): Promise<boolean> {
  const { count } = await db`
    insert into totp_factors ${db({ ...totp })}
    on conflict (user_id) do update
    set sealed_secret = excluded.sealed_secret, kid = excluded.kid, created_at = excluded.created_at, last_step = 0
    where totp_factors.enabled_at is null
  `
  return count === 1
}

export interface TotpRow {
  readonly sealed_secret: string
  readonly enabled_at: Date | null
}

export async function findTotp(db: Db, userId: string): Promise<TotpRow | undefined> {
  const [row] = await db<[TotpRow?]>`
    select sealed_secret, enabled_at from totp_factors where user_id = ${userId}
  `
  return row
}

/** False where it was enabled, replaced or used by another call meanwhile. */
export async function markTotpEnabled(
  db: Db,
  userId: string,
  { sealed_secret, step, now }: { sealed_secret: string; step: number; now: Date },
): Promise<boolean> {
  const { count } = await db`
    update totp_factors
    set enabled_at = ${now}, last_step = ${step}
    where user_id = ${userId} and enabled_at is null and sealed_secret = ${sealed_secret}
  `
  return count === 1
}

/** False where this step or a later one was accepted before: of two uses of a code at once one wins. */
export async function markStepUsed(db: Db, userId: string, step: number): Promise<boolean> {
  const { count } = await db`
    update totp_factors set last_step = ${step}
    where user_id = ${userId} and enabled_at is not null and last_step < ${step}
  `
  return count === 1
}

/** False where another call was faster. */
export async function deleteTotp(db: Db, userId: string): Promise<boolean> {
  const { count } = await db`delete from totp_factors where user_id = ${userId} and enabled_at is not null`
  return count === 1
}

export async function replaceRecoveryCodes(
  db: Db,
  userId: string,
  { salt, hashes, now }: { salt: Buffer; hashes: readonly Buffer[]; now: Date },
): Promise<void> {
  await db`
    insert into recovery_code_sets (user_id, salt, created_at) values (${userId}, ${salt}, ${now})
    on conflict (user_id) do update set salt = excluded.salt, created_at = excluded.created_at
  `
  await db`delete from recovery_codes where user_id = ${userId}`
  await db`insert into recovery_codes ${db(hashes.map((code_hash) => ({ user_id: userId, code_hash })))}`
}

export async function deleteRecoveryCodes(db: Db, userId: string): Promise<void> {
  await db`delete from recovery_code_sets where user_id = ${userId}`
}

export async function findRecoverySalt(db: Db, userId: string): Promise<Buffer | undefined> {
  const [row] = await db<[{ salt: Buffer }?]>`
    select salt from recovery_code_sets where user_id = ${userId}
  `
  return row?.salt
}

/** False where there is no such code, or it was used before. */
export async function markRecoveryCodeUsed(
  db: Db,
  userId: string,
  codeHash: Buffer,
  now: Date,
): Promise<boolean> {
  const { count } = await db`
    update recovery_codes set used_at = ${now}
    where user_id = ${userId} and code_hash = ${codeHash} and used_at is null
  `
  return count === 1
}

export interface FactorCounts {
  readonly totp_enabled: boolean
  readonly recovery_codes_left: number
  readonly passkeys: number
}

export async function countFactors(db: Db, userId: string): Promise<FactorCounts> {
  const [row] = await db<[FactorCounts]>`
    select
      exists (select from totp_factors where user_id = ${userId} and enabled_at is not null) as totp_enabled,
      (select count(*) from recovery_codes where user_id = ${userId} and used_at is null) as recovery_codes_left,
      (select count(*) from passkeys where user_id = ${userId}) as passkeys
  `
  return row
}
