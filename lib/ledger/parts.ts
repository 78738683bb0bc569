import type { Transaction } from '../db/client.ts'
import { allocate } from '../money/allocate.ts'
import type { Entry } from './movements.ts'

/** What is left to somebody of what they earn of an item. */
export interface SharePart {
  readonly user_id: string
  readonly left: number
  readonly account: 'pending' | 'available' | 'held'
  /** Where it goes back to when it is held no more. */
  readonly free_account: 'pending' | 'available'
}

export interface ItemPart {
  readonly order_item_id: string
  readonly currency: string
  readonly fee_left: number
  readonly shares: readonly SharePart[]
}

export const leftOf = ({ fee_left, shares }: ItemPart): number =>
  shares.reduce((sum, { left }) => sum + left, fee_left)

/** What is left of each item of an order. Whoever changes any of it has the lock of the order. */
export async function lockParts(tx: Transaction, orderId: string): Promise<ItemPart[]> {
  await tx`select from orders where id = ${orderId} for update`
  return tx<ItemPart[]>`
    select
      i.id as order_item_id, o.currency, i.fee_amount - i.fee_refunded_amount as fee_left,
      coalesce((
        select jsonb_agg(jsonb_build_object(
          'user_id', s.user_id,
          'left', s.amount - s.reversed_amount,
          'account', case
            when s.held_at is not null then 'held' when s.released_at is not null then 'available' else 'pending'
          end,
          'free_account', case when s.released_at is not null then 'available' else 'pending' end
        ) order by s.user_id)
        from order_item_shares s
        where s.order_item_id = i.id
      ), '[]') as shares
    from order_items i
    join orders o on o.id = i.order_id
    where i.order_id = ${orderId}
    order by i.id
  `
}

/** What goes back to the customer of one item: of the fee and of each share, by what is left of them. */
export type Taking = {
  readonly order_item_id: string
  readonly fee: number
  readonly shares: readonly { readonly user_id: string; readonly amount: number }[]
}

/** What is left after a taking, with the entries that take it and what nobody has any more: the platform bears that. */
export function take(item: ItemPart, amount: number) {
  const possible = Math.min(amount, leftOf(item))
  const [fee = 0, ...parts] = allocate(possible, [item.fee_left, ...item.shares.map(({ left }) => left)])
  const { order_item_id, currency } = item
  const shares = item.shares.map((share, at) => ({ ...share, amount: parts[at]! }))
  const entries: Entry[] = [
    { account: 'platform', order_item_id, amount: -fee, currency },
    ...shares.map(({ account, user_id, amount }) => ({
      account,
      user_id,
      order_item_id,
      amount: -amount,
      currency,
    })),
    { account: 'platform', amount: possible - amount, currency },
  ]
  const rest: ItemPart = {
    ...item,
    fee_left: item.fee_left - fee,
    shares: shares.map(({ amount, left, ...share }) => ({ ...share, left: left - amount })),
  }
  return { entries, rest, taking: { order_item_id, fee, shares } satisfies Taking }
}

/** Writes down what was taken, on shares, items and the order. */
export async function recordTakings(
  tx: Transaction,
  orderId: string,
  takings: readonly Taking[],
  now: Date,
): Promise<void> {
  await tx`
    update order_item_shares s set reversed_amount = s.reversed_amount + part.amount
    from jsonb_to_recordset(${tx.json(takings)}) as taking (order_item_id uuid, shares jsonb),
      jsonb_to_recordset(taking.shares) as part (user_id uuid, amount bigint)
    where s.order_item_id = taking.order_item_id and s.user_id = part.user_id
  `
  await tx`
    with taken as (
      select taking.order_item_id, taking.fee, coalesce(sum(part.amount), 0) + taking.fee as amount
      from jsonb_to_recordset(${tx.json(takings)}) as taking (order_item_id uuid, fee bigint, shares jsonb)
      left join jsonb_to_recordset(taking.shares) as part (amount bigint) on true
      group by taking.order_item_id, taking.fee
    ), items as (
      update order_items i
      set refunded_amount = i.refunded_amount + taken.amount,
        fee_refunded_amount = i.fee_refunded_amount + taken.fee
      from taken
      where i.id = taken.order_item_id
    )
    update orders
    set refunded_amount = refunded_amount + (select sum(amount) from taken), revision = revision + 1, updated_at = ${now}
    where id = ${orderId}
  `
}
