import type { Db, Transaction } from '../db/client.ts'
import type { Account } from '../stripe/port.ts'
import type { UpdateSeller } from './schemas.ts'

export interface SellerRow {
  readonly user_id: string
  readonly stripe_account_id: string | null
  readonly charges_enabled: boolean
  readonly payouts_enabled: boolean
  readonly requirements_due: readonly string[]
  readonly legal_name: string | null
  readonly legal_address: string | null
  readonly country: string | null
  readonly fee_bps: number | null
  readonly revision: number
}

const columns = (db: Db) => db`
  user_id, stripe_account_id, charges_enabled, payouts_enabled, requirements_due, legal_name, legal_address, country,
  fee_bps, revision
`

export async function findSeller(db: Db, userId: string): Promise<SellerRow | undefined> {
  const [row] = await db<[SellerRow?]>`select ${columns(db)} from sellers where user_id = ${userId}`
  return row
}

/** The row of somebody, made where there was none. */
export async function lockSeller(tx: Transaction, userId: string, now: Date): Promise<SellerRow> {
  await tx`
    insert into sellers (user_id, created_at, updated_at) values (${userId}, ${now}, ${now}) on conflict do nothing
  `
  const [row] = await tx<[SellerRow]>`select ${columns(tx)} from sellers where user_id = ${userId} for update`
  return row
}

export async function updateSeller(
  tx: Transaction,
  userId: string,
  changes: UpdateSeller,
  now: Date,
): Promise<SellerRow> {
  const [row] = await tx<[SellerRow]>`
    update sellers set ${tx({ ...changes, updated_at: now })}, revision = revision + 1
    where user_id = ${userId}
    returning ${columns(tx)}
  `
  return row
}

/** Only where there is none yet: an account is for ever. */
export async function linkAccount(db: Db, userId: string, accountId: string, now: Date): Promise<void> {
  await db`
    update sellers
    set stripe_account_id = ${accountId}, revision = revision + 1, updated_at = ${now}
    where user_id = ${userId} and stripe_account_id is null
  `
}

/** Whose account it is, where one that was asked for later has not told of it yet. */
export async function lockAccountHolder(
  tx: Transaction,
  accountId: string,
  askedAt: Date,
): Promise<SellerRow | undefined> {
  const [row] = await tx<[SellerRow?]>`
    select ${columns(tx)} from sellers
    where stripe_account_id = ${accountId} and (checked_at is null or checked_at < ${askedAt})
    for update
  `
  return row
}

export async function updateStanding(
  tx: Transaction,
  { id, charges_enabled, payouts_enabled, requirements_due, country }: Account,
  askedAt: Date,
): Promise<void> {
  await tx`
    update sellers
    set
      charges_enabled = ${charges_enabled}, payouts_enabled = ${payouts_enabled},
      requirements_due = ${[...requirements_due]}::text[], country = coalesce(${country}, country),
      checked_at = ${askedAt}, updated_at = ${askedAt}, revision = revision + 1
    where stripe_account_id = ${id}
  `
}
