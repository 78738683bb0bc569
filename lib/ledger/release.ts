import type { Sql, Transaction } from '../db/client.ts'
import { type Movement, move } from './movements.ts'

interface DueShare {
  readonly order_item_id: string
  readonly order_id: string
  readonly user_id: string
  readonly left: number
  readonly currency: string
}

const mostOrders = 100

/** Makes available what has been pending for long enough, but for what a dispute holds; answers how many shares. */
export function releaseDueShares(sql: Sql, now: Date): Promise<number> {
  return sql.begin(async (tx) => {
    const due = await listDueShares(tx, await claimOrders(tx, now), now)
    await move(tx, due.map(toRelease), now)
    await tx`
      update order_item_shares s set released_at = ${now}
      from jsonb_to_recordset(${tx.json(due.map(({ order_item_id, user_id }) => ({ order_item_id, user_id })))})
        as due (order_item_id uuid, user_id uuid)
      where s.order_item_id = due.order_item_id and s.user_id = due.user_id
    `
    return due.length
  })
}

/** An order that a refund or a dispute has in hand is left to the next run. */
async function claimOrders(tx: Transaction, now: Date): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from orders
    where id in (
      select i.order_id
      from order_item_shares s
      join order_items i on i.id = s.order_item_id
      where s.released_at is null and s.releases_at <= ${now} and s.held_at is null
      order by s.releases_at
      limit ${mostOrders}
    )
    order by id
    for update skip locked
  `
  return rows.map(({ id }) => id)
}

/** Read once their orders are locked: only whoever has the lock of an order changes what is left of it. */
const listDueShares = (tx: Transaction, orderIds: readonly string[], now: Date) => tx<DueShare[]>`
  select s.order_item_id, i.order_id, s.user_id, s.amount - s.reversed_amount as left, o.currency
  from order_item_shares s
  join order_items i on i.id = s.order_item_id
  join orders o on o.id = i.order_id
  where o.id = any(${[...orderIds]}::uuid[])
    and s.released_at is null and s.releases_at <= ${now} and s.held_at is null
`

function toRelease({ order_item_id, order_id, user_id, left, currency }: DueShare): Movement {
  const part = { user_id, order_item_id, currency }
  return {
    external_id: `release:${order_item_id}:${user_id}`,
    kind: 'release',
    order_id,
    entries: [
      { ...part, account: 'pending', amount: -left },
      { ...part, account: 'available', amount: left },
    ],
  }
}
