import { createHmac, randomUUID } from 'node:crypto'
import { marketplaceRoutes } from '../../functions/marketplace/routes.ts'
import { composeStripeWorker } from '../../functions/stripe-worker/compose.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { QueueMessage } from '../../lib/aws/job-queue.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { CreateRefund } from '../../lib/refunds/schemas.ts'
import { createReconciliationSweep } from '../../lib/stripe/reconcile.ts'
import { createStripeSweep } from '../../lib/stripe/sweep.ts'
import { type Clock, createClock } from './accounts.ts'
import { marketParts, type SeededProduct } from './market.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createMemoryStripe, type MemoryStripe } from './memory-stripe.ts'
import { createShop, itemsOf } from './shop.ts'

const secret = 'whsec_test'

export interface StripeDeskOptions {
  readonly clock?: Clock
  readonly stripe?: MemoryStripe
}

/** A shop with its Stripe, the webhooks that it sends, and the worker of its queue. */
export function createStripeDesk(sql: Sql, { clock = createClock(), ...options }: StripeDeskOptions = {}) {
  const { now } = clock
  const stripe = options.stripe ?? createMemoryStripe({ now })
  const messages: unknown[] = []
  const stripeQueue = {
    send: async (sent: readonly QueueMessage[]) => {
      messages.push(...sent.map(({ body }) => JSON.parse(body)))
      return sent.map(({ id }) => id)
    },
  }
  const given = { stripe, stripeQueue, now }
  const shop = createShop(sql, given)
  const handle = composeStripeWorker({
    ...marketParts(sql, given),
    exports: createMemoryStorage('exports').exports!,
  })

  /** Whatever waits, and what comes of it. */
  async function drain() {
    while (messages.length > 0) await handle(messages.shift())
  }

  const sweep = createStripeSweep({ sql, stripeQueue })
  /** The worker, with what the outbox or the sweep has it do. */
  async function work() {
    await drain()
    while ((await sweep.calls(now())) + (await sweep.events(now())) > 0) await drain()
  }

  /** An event as Stripe sends it. */
  function webhookOf(type: string, object_id: string) {
    const event = {
      id: `evt_${randomUUID()}`,
      type,
      created: Math.floor(now().getTime() / 1_000),
      data: { object: { id: object_id } },
    }
    return { id: event.id, payload: JSON.stringify(event) }
  }

  function deliver({ payload }: { readonly payload: string }) {
    const time = Math.floor(now().getTime() / 1_000)
    const v1 = createHmac('sha256', secret).update(`${time}.${payload}`).digest('hex')
    return shop.api(marketplaceRoutes.receiveStripeEvent, undefined, {
      rawBody: payload,
      headers: { 'Stripe-Signature': `t=${time},v1=${v1}` },
    })
  }

  /** Stripe tells of it, and the worker hears of it. */
  async function tell(type: string, object_id: string) {
    await deliver(webhookOf(type, object_id))
    await drain()
  }

  return {
    ...shop,
    clock,
    stripe,
    messages,
    handle,
    drain,
    work,
    webhookOf,
    deliver,
    tell,

    /** An order that is paid and completed. */
    async buy(buyer: Actor, ...products: readonly SeededProduct[]) {
      const order = await shop.orderPayable(buyer, itemsOf(...products))
      stripe.pay(order.intent_id)
      await tell('payment_intent.succeeded', order.intent_id)
      return order
    },

    /** Through the route. */
    refund: (as: Actor, order_id: string, wanted: Partial<CreateRefund> = {}, key: string = randomUUID()) =>
      shop.api(marketplaceRoutes.refundOrder, as, {
        params: { order_id },
        body: { reason: 'requested_by_customer', ...wanted },
        headers: { 'idempotency-key': key },
      }),

    refundsOf: (as: Actor, order_id: string) =>
      shop.api(marketplaceRoutes.listRefunds, as, { params: { order_id } }),

    /** By somebody at Stripe, without us. */
    refundAtStripe: (payment_intent_id: string, amount: number) =>
      stripe.createRefund(
        { refund_id: randomUUID(), order_id: '', payment_intent_id, amount, reason: undefined },
        randomUUID(),
      ),

    /** As the schedule does it. */
    async reconcile() {
      const reconciliation = createReconciliationSweep({ sql, stripeQueue })
      await reconciliation.orders(now())
      await reconciliation.payouts(now())
      await drain()
    },
  }
}

/** All that is known of an order's money, without ids and times. */
export async function stateOf(sql: Sql, orderId: string) {
  const [order] = await sql`
    select status, status_before_dispute, total_amount, refunded_amount from orders where id = ${orderId}
  `
  const items = await sql`
    select i.position, i.refunded_amount, i.fee_refunded_amount, l.status as license, l.status_reason
    from order_items i
    left join licenses l on l.order_item_id = i.id
    where i.order_id = ${orderId}
    order by i.position
  `
  const shares = await sql`
    select i.position, s.amount, s.reversed_amount, s.held_at is not null as is_held
    from order_item_shares s
    join order_items i on i.id = s.order_item_id
    where i.order_id = ${orderId}
    order by i.position, s.amount
  `
  const refunds = await sql`
    select amount, status from refunds where order_id = ${orderId} order by amount, status
  `
  const disputes = await sql`
    select amount, status, outcome from disputes where order_id = ${orderId} order by amount
  `
  const accounts = await sql`
    select e.account, e.currency, sum(e.amount)::bigint as amount
    from ledger_entries e
    join ledger_movements m on m.id = e.movement_id
    where m.order_id = ${orderId}
    group by e.account, e.currency
    having sum(e.amount) <> 0
    order by e.account
  `
  const movements = await sql`
    select kind from ledger_movements where order_id = ${orderId} order by kind
  `
  const credits = await sql`
    select kind, total_amount from invoices where order_id = ${orderId} order by kind, total_amount
  `
  return JSON.parse(JSON.stringify({ order, items, shares, refunds, disputes, accounts, movements, credits }))
}
