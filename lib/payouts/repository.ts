import type { Db, Transaction } from '../db/client.ts'
import type { Payout } from './schemas.ts'

const columns = (db: Db) => db`
  id, amount, currency, status, stripe_transfer_id is not null as is_transferred, failed_reason, origin,
  statement_key is not null as has_statement, created_at, updated_at, settled_at
`

export interface NewPayout {
  readonly user_id: string
  readonly amount: number
  readonly currency: string
  readonly origin: 'schedule' | 'seller'
}

export async function insertPayout(tx: Transaction, payout: NewPayout, now: Date): Promise<Payout> {
  const row = { ...payout, created_at: now, updated_at: now }
  const [added] = await tx<[Payout]>`insert into payouts ${tx(row)} returning ${columns(tx)}`
  return added
}

export async function findOwnPayout(db: Db, id: string, userId: string): Promise<Payout | undefined> {
  const [row] = await db<[Payout?]>`
    select ${columns(db)} from payouts where id = ${id} and user_id = ${userId}
  `
  return row
}

export const listOwnPayouts = (db: Db, userId: string, before: string | undefined, limit: number) =>
  db<Payout[]>`
    select ${columns(db)} from payouts
    where user_id = ${userId} and ${before === undefined ? db`true` : db`id < ${before}`}
    order by id desc
    limit ${limit}
  `

export async function findStatementKey(db: Db, id: string, userId: string): Promise<string | undefined> {
  const [row] = await db<[{ statement_key: string | null }?]>`
    select statement_key from payouts where id = ${id} and user_id = ${userId}
  `
  return row?.statement_key ?? undefined
}

/** As whoever carries it out at Stripe needs it. */
export interface PayoutOrder {
  readonly id: string
  readonly user_id: string
  readonly amount: number
  readonly currency: string
  readonly status: Payout['status']
  readonly stripe_transfer_id: string | null
  readonly stripe_payout_id: string | null
  readonly statement_key: string | null
  readonly stripe_account_id: string
}

const orderColumns = (db: Db) => db`
  p.id, p.user_id, p.amount, p.currency, p.status, p.stripe_transfer_id, p.stripe_payout_id, p.statement_key,
  s.stripe_account_id
`

export async function findPayoutOrder(db: Db, id: string): Promise<PayoutOrder | undefined> {
  const [row] = await db<[PayoutOrder?]>`
    select ${orderColumns(db)} from payouts p join sellers s using (user_id) where p.id = ${id}
  `
  return row
}

export async function lockPayoutOrder(tx: Transaction, id: string): Promise<PayoutOrder | undefined> {
  const [row] = await tx<[PayoutOrder?]>`
    select ${orderColumns(tx)} from payouts p join sellers s using (user_id) where p.id = ${id} for update of p
  `
  return row
}

export async function updatePayout(
  tx: Transaction,
  id: string,
  changes: Readonly<Record<string, string | Date | null>>,
  now: Date,
): Promise<void> {
  await tx`update payouts set ${tx({ ...changes, updated_at: now })} where id = ${id}`
}
