import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { refund as refundView } from '../../refunds/schemas.ts'
import { definePublicEvent } from '../define.ts'
import { type OrderData, orderData, tellParties } from './order-data.ts'
import { exampleCompleted } from './order-example.ts'

const refund = z.pick(refundView, {
  id: true,
  amount: true,
  currency: true,
  reason: true,
  items: true,
  created_at: true,
  settled_at: true,
})
type Refund = z.output<typeof refund>

async function findRefund(db: Db, id: string): Promise<Refund | undefined> {
  const [row] = await db<[Refund?]>`
    select
      r.id, r.amount, r.currency, r.reason, r.created_at, r.settled_at,
      (
        select jsonb_agg(jsonb_build_object('order_item_id', i.order_item_id, 'amount', i.amount)
          order by i.order_item_id)
        from refund_items i
        where i.refund_id = r.id
      ) as items
    from refunds r
    where r.id = ${id}
  `
  return row
}

/** What of it was for items that are shown; undefined where that is nothing. */
function partOfRefund(whole: Refund, { role, order }: OrderData): Refund | undefined {
  if (role === 'buyer') return whole
  const shown = new Set(order.items.map(({ id }) => id))
  const items = whole.items.filter(({ order_item_id }) => shown.has(order_item_id))
  const amount = items.reduce((sum, item) => sum + item.amount, 0)
  return items.length > 0 ? { ...whole, items, amount } : undefined
}

async function build(db: Db, { order_id, refund_id }: Record<'order_id' | 'refund_id', string>) {
  const whole = await findRefund(db, refund_id)
  if (!whole) return []
  return (await tellParties(db, order_id)).flatMap(({ account_id, data }) => {
    const part = partOfRefund(whole, data)
    return part ? [{ account_id, data: { ...data, refund: part } }] : []
  })
}

const orderRefunded = definePublicEvent({
  type: 'order.refunded',
  version: '2026-12-01',
  description:
    'Money went back to the buyer, all or a part of it. To the buyer, and to whoever sold or earned of what was refunded: their part of it.',
  resource: 'order',
  data: z.extend(orderData, { refund }),
  example: {
    role: 'buyer',
    order: { ...exampleCompleted, status: 'refunded', refunded_amount: 2_999 },
    earnings: [],
    refund: {
      id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9108',
      amount: 2_999,
      currency: 'usd',
      reason: 'requested_by_customer',
      items: [{ order_item_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9101', amount: 2_999 }],
      created_at: '2026-12-02T10:00:00.000Z',
      settled_at: '2026-12-02T10:00:03.000Z',
    },
  },
  build,
})

export const refundEvents = [orderRefunded] as const
