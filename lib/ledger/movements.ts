import type { Transaction } from '../db/client.ts'

export const ownAccounts = ['pending', 'available', 'held', 'in_transit'] as const
export const sharedAccounts = [
  'customers',
  'stripe_fees',
  'connected_accounts',
  'platform',
  'disputed',
] as const

export const movementKinds = [
  'sale',
  'stripe_fee',
  'release',
  'refund',
  'dispute',
  'dispute_won',
  'dispute_lost',
  'payout',
  'payout_failed',
  'transfer',
] as const
export type MovementKind = (typeof movementKinds)[number]

/** A type, as whatever goes to the database as JSON. */
export type Money = { readonly amount: number; readonly currency: string }

/** An account of a user is owed to them; the others are nobody's but ours or of the world outside. */
export type Entry = Money & { readonly order_item_id?: string } & (
    | { readonly account: (typeof ownAccounts)[number]; readonly user_id: string }
    | { readonly account: (typeof sharedAccounts)[number]; readonly user_id?: never }
  )

export interface Movement {
  /** What brought it about; the same never moves money twice. */
  readonly external_id: string
  readonly kind: MovementKind
  readonly order_id?: string
  readonly payout_id?: string
  readonly entries: readonly Entry[]
}

/** For what is worked out from what is left: whether it did not happen yet. Whoever asks holds the lock of its order. */
export async function isNew(tx: Transaction, external_id: string): Promise<boolean> {
  const [row] = await tx`select from ledger_movements where external_id = ${external_id}`
  return row === undefined
}

/** Adds movements with their entries, and keeps the balances. Answers how many were not there before. */
export async function move(tx: Transaction, movements: readonly Movement[], now: Date): Promise<number> {
  const rows = await insertMovements(tx, movements, now)
  const idOf = new Map(rows.map(({ id, external_id }) => [external_id, id]))
  const entries = movements.flatMap((movement) => {
    const movement_id = idOf.get(movement.external_id)
    return movement_id === undefined ? [] : movement.entries.map((entry) => ({ ...entry, movement_id }))
  })
  const moving = entries.filter(({ amount }) => amount !== 0)
  if (moving.length > 0) {
    await changeBalances(tx, moving)
    await insertEntries(tx, moving)
  }
  return rows.length
}

async function insertMovements(tx: Transaction, movements: readonly Movement[], now: Date) {
  return tx<{ id: string; external_id: string }[]>`
    insert into ledger_movements (external_id, kind, order_id, payout_id, at)
    select external_id, kind, order_id, payout_id, ${now}
    from jsonb_to_recordset(${tx.json(movements.map(({ entries: _, ...row }) => row))})
      as movement (external_id text, kind text, order_id uuid, payout_id uuid)
    on conflict (external_id) do nothing
    returning id, external_id
  `
}

/** One after the other in the order of all who do this, so that no two ever wait for each other. */
async function changeBalances(tx: Transaction, entries: readonly Entry[]): Promise<void> {
  await tx`
    insert into balances (user_id, currency, pending, available, held, in_transit)
    select
      user_id, currency,
      coalesce(sum(amount) filter (where account = 'pending'), 0),
      coalesce(sum(amount) filter (where account = 'available'), 0),
      coalesce(sum(amount) filter (where account = 'held'), 0),
      coalesce(sum(amount) filter (where account = 'in_transit'), 0)
    from jsonb_to_recordset(${tx.json(entries)}) as entry (account text, user_id uuid, amount bigint, currency text)
    where user_id is not null
    group by user_id, currency
    order by user_id, currency
    on conflict (user_id, currency) do update set
      pending = balances.pending + excluded.pending,
      available = balances.available + excluded.available,
      held = balances.held + excluded.held,
      in_transit = balances.in_transit + excluded.in_transit
  `
}

/** After their balances are locked: so the ids of a user's entries are in the order in which they came about. */
async function insertEntries(tx: Transaction, entries: readonly Entry[]): Promise<void> {
  await tx`
    insert into ledger_entries (movement_id, account, user_id, order_item_id, amount, currency)
    select movement_id, account, user_id, order_item_id, amount, currency
    from jsonb_to_recordset(${tx.json(entries)}) as entry (
      movement_id uuid, account text, user_id uuid, order_item_id uuid, amount bigint, currency text
    )
  `
}
