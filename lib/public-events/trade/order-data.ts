import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { order as orderView } from '../../orders/schemas.ts'
import { findOrder, partWith } from '../../orders/views.ts'
import type { PublicTelling } from '../define.ts'

const order = z.pick(orderView, {
  id: true,
  number: true,
  status: true,
  buyer_id: true,
  items: true,
  currency: true,
  subtotal_amount: true,
  discount_amount: true,
  total_amount: true,
  refunded_amount: true,
  discount_code: true,
  expires_at: true,
  paid_at: true,
  completed_at: true,
  end_reason: true,
  created_at: true,
  updated_at: true,
})

const earning = z.object({ order_item_id: z.uuid(), amount: z.int(), reversed_amount: z.int() })

export const orderData = z.object({
  /** What the account has to do with it: `earner` is on the split sheet of something that somebody else sold. */
  role: z.enum(['buyer', 'seller', 'earner']),
  /** Whole to the buyer; to the others their items, as if these were all. */
  order,
  /** The account's own share of each item; none of the buyer. */
  earnings: z.array(earning),
})
export type OrderData = z.output<typeof orderData>
export type OrderTelling = PublicTelling<OrderData>

interface Share extends z.output<typeof earning> {
  readonly user_id: string
}

const listShares = (db: Db, orderId: string) => db<Share[]>`
  select s.user_id, s.order_item_id, s.amount, s.reversed_amount
  from order_item_shares s
  join order_items i on i.id = s.order_item_id
  where i.order_id = ${orderId}
  order by i.position
`

/** No order is open then, so that the secret of its payment is not even read. */
const afterAll = new Date('9999-01-01')

export async function tellBuyer(db: Db, orderId: string): Promise<OrderTelling[]> {
  const whole = await findOrder(db, orderId, afterAll)
  return whole ? [toBuyer(whole)] : []
}

/** Its buyer, and all who sold something of it or earn of it; of a sale that never came about only its buyer hears. */
export async function tellParties(db: Db, orderId: string): Promise<OrderTelling[]> {
  const whole = await findOrder(db, orderId, afterAll)
  if (!whole) return []
  if (whole.end_reason !== null) return [toBuyer(whole)]
  const shares = await listShares(db, orderId)
  const people = new Set([...whole.items.map(({ seller_id }) => seller_id), ...shares.map(idOf)])
  return [toBuyer(whole), ...[...people].flatMap((person) => toEarner(whole, shares, person))]
}

type Whole = NonNullable<Awaited<ReturnType<typeof findOrder>>>

const idOf = ({ user_id }: Share) => user_id

const toBuyer = (whole: Whole): OrderTelling => ({
  account_id: whole.buyer_id,
  data: { role: 'buyer', order: whole, earnings: [] },
})

function toEarner(whole: Whole, shares: readonly Share[], account_id: string): OrderTelling[] {
  const earnings = shares.filter(({ user_id }) => user_id === account_id)
  const earned = new Set(earnings.map(({ order_item_id }) => order_item_id))
  const part = partWith(whole, ({ id, seller_id }) => seller_id === account_id || earned.has(id))
  if (!part) return []
  const sells = part.items.some(({ seller_id }) => seller_id === account_id)
  return [{ account_id, data: { role: sells ? 'seller' : 'earner', order: part, earnings } }]
}
