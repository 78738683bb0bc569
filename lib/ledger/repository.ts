import type { Db } from '../db/client.ts'
import type { Balance, LedgerEntry, ListEntries } from './schemas.ts'

export async function findBalance(db: Db, userId: string): Promise<Balance> {
  const accounts = ['available', 'pending', 'held', 'in_transit'] as const
  const rows = await db<({ currency: string } & Record<(typeof accounts)[number], number>)[]>`
    select currency, available, pending, held, in_transit from balances where user_id = ${userId} order by currency
  `
  const of = (account: (typeof accounts)[number]) =>
    rows.flatMap((row) => (row[account] === 0 ? [] : [{ amount: row[account], currency: row.currency }]))
  return {
    available: of('available'),
    pending: of('pending'),
    held: of('held'),
    in_transit: of('in_transit'),
  }
}

type Filters = Omit<ListEntries, 'limit' | 'cursor'>

export const listOwnEntries = (
  db: Db,
  userId: string,
  { account, kind, order, from, to }: Filters,
  before: string | undefined,
  limit: number,
) => db<LedgerEntry[]>`
  select e.id, e.account, e.amount, e.currency, m.kind, m.order_id, e.order_item_id, m.payout_id, m.at
  from ledger_entries e
  join ledger_movements m on m.id = e.movement_id
  where e.user_id = ${userId}
    and ${before === undefined ? db`true` : db`e.id < ${before}`}
    and ${account === undefined ? db`true` : db`e.account = ${account}`}
    and ${kind === undefined ? db`true` : db`m.kind = ${kind}`}
    and ${order === undefined ? db`true` : db`m.order_id = ${order}`}
    and ${from === undefined ? db`true` : db`m.at >= ${from}`}
    and ${to === undefined ? db`true` : db`m.at < ${to}`}
  order by e.id desc
  limit ${limit}
`
