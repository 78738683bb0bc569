import type { Transaction } from '../db/client.ts'
import type { Entry, Money } from './movements.ts'
import type { ItemPart } from './parts.ts'

/** Puts what is left of an item to those who earn of it out of their reach. */
export const hold = ({ shares, order_item_id, currency }: ItemPart): Entry[] =>
  shares
    .filter(({ account }) => account !== 'held')
    .flatMap(({ user_id, account, left }) => [
      { account, user_id, order_item_id, amount: -left, currency },
      { account: 'held', user_id, order_item_id, amount: left, currency },
    ])

export const letGo = ({ shares, order_item_id, currency }: ItemPart): Entry[] =>
  shares
    .filter(({ account }) => account === 'held')
    .flatMap(({ user_id, free_account, left }) => [
      { account: 'held', user_id, order_item_id, amount: -left, currency },
      { account: free_account, user_id, order_item_id, amount: left, currency },
    ])

/** What Stripe took back when the dispute was opened. */
export async function findDisputed(tx: Transaction, external_id: string): Promise<Money> {
  const [row] = await tx<[Money?]>`
    select -e.amount as amount, e.currency
    from ledger_movements m
    join ledger_entries e on e.movement_id = m.id and e.account = 'disputed'
    where m.external_id = ${`dispute:${external_id}`}
  `
  if (!row) throw new Error(`Dispute ${external_id} was never opened`)
  return row
}

/** Whether no other dispute of the order is open. */
export async function isLastDispute(
  tx: Transaction,
  order_id: string,
  external_id: string,
): Promise<boolean> {
  const [other] = await tx`
    select from ledger_movements opened
    where opened.order_id = ${order_id} and opened.kind = 'dispute'
      and opened.external_id <> ${`dispute:${external_id}`}
      and not exists (
        select from ledger_movements closed
        where closed.order_id = ${order_id} and closed.kind in ('dispute_won', 'dispute_lost')
          and split_part(closed.external_id, ':', 2) = split_part(opened.external_id, ':', 2)
      )
  `
  return other === undefined
}

export async function markFree(tx: Transaction, orderId: string): Promise<void> {
  await tx`
    update order_item_shares set held_at = null
    where order_item_id in (select id from order_items where order_id = ${orderId})
  `
}
