import fc from 'fast-check'
import type { Sql } from '../../lib/db/client.ts'
import { expireOrders, lapseClaims } from '../../lib/orders/sweep.ts'
import { StripeRefusal } from '../../lib/stripe/errors.ts'
import type { Intent } from '../../lib/stripe/port.ts'
import { later, minuteMs } from '../../lib/time.ts'
import { seedProduct, seedSeller } from './market.ts'
import { createMemoryStripe } from './memory-stripe.ts'
import { createShop } from './shop.ts'
import { type Person, seedPerson } from './social.ts'

/** What can happen to the orders of three buyers, who want the same three licences; `which` is one of them all. */
const order = fc.record({
  kind: fc.constant('order' as const),
  buyer: fc.nat(2),
  tiers: fc.subarray([0, 1, 2], { minLength: 1 }),
  hasCode: fc.boolean(),
})
const happening = fc.record({
  kind: fc.constantFrom(
    'start payment' as const,
    'pay' as const,
    'pay' as const,
    'tell' as const,
    'tell what was' as const,
    'cancel' as const,
    'cancel at Stripe' as const,
  ),
  which: fc.nat(),
})
const time = fc.record({
  kind: fc.constant('wait' as const),
  minutes: fc.constantFrom(1, 31, 24 * 60 + 1),
})
const sweep = fc.record({ kind: fc.constant('sweep' as const) })

export const course = fc.array(fc.oneof(order, happening, happening, time, sweep), {
  minLength: 5,
  maxLength: 30,
})
type Step = typeof course extends fc.Arbitrary<(infer S)[]> ? S : never

interface Placed {
  readonly id: string
  readonly buyer: Person
  readonly intent_id: string | undefined
}

export async function openMarket(sql: Sql) {
  let clock = new Date()
  const now = () => clock
  const stripe = createMemoryStripe({ now })
  const shop = createShop(sql, { stripe, now })
  const seller = await seedSeller(sql)
  const buyers = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const song = await seedProduct(sql, seller, {
    tiers: [{ is_exclusive: true, price_amount: 50_000 }, { price_amount: 3_001 }],
  })
  const gift = await seedProduct(sql, seller, { kind: 'service', tiers: [{ price_amount: 0 }] })
  const offered = [
    { product_id: song.product_id, tier_id: song.tier_ids[0] },
    { product_id: song.product_id, tier_id: song.tier_ids[1]! },
    { product_id: gift.product_id, tier_id: gift.tier_ids[0] },
  ]
  const [discount] = await sql<[{ id: string }]>`
    insert into discounts (seller_id, code, percent_bps, starts_at, created_at, updated_at)
    values (${seller.id}, 'COURSE', 1250, ${clock}, ${clock}, ${clock})
    returning id
  `
  const placed: Placed[] = []
  const told: Intent[] = []

  async function place({ buyer: at, tiers, hasCode }: Extract<Step, { kind: 'order' }>) {
    const buyer = buyers[at]!
    const items = tiers.map((tier) => offered[tier]!)
    const more = hasCode ? { discount_code: 'COURSE' } : {}
    const first = await shop.order(buyer, items, more)
    const { confirm_token } = (first.problem ?? {}) as { readonly confirm_token?: string }
    const { status, body, text } = confirm_token
      ? await shop.order(buyer, items, { ...more, confirm_token })
      : first
    if (status === 201) placed.push({ id: body.id, buyer, intent_id: body.payment?.payment_intent_id })
    else if (status !== 409) throw new Error(text)
  }

  const tell = async (intentId: string) => {
    const intent = await stripe.retrieveIntent(intentId)
    told.push(intent)
    await shop.settlement.settleIntent(intent)
  }

  const cancelAtStripe = (intentId: string) =>
    stripe.cancelIntent(intentId, `cancel:${intentId}:${told.length}`).catch((error: unknown) => {
      if (!(error instanceof StripeRefusal)) throw error
    })

  async function happen({ kind, which }: Extract<Step, { which: number }>) {
    if (kind === 'tell what was') {
      if (told.length > 0) await shop.settlement.settleIntent(told[which % told.length]!)
      return
    }
    if (placed.length === 0) return
    const { id, buyer, intent_id } = placed[which % placed.length]!
    if (kind === 'cancel') {
      const { status, text } = await shop.cancel(buyer, id)
      if (status >= 500) throw new Error(text)
    }
    if (!intent_id) return
    const { status } = stripe.intents.get(intent_id)!
    const isOver = status === 'succeeded' || status === 'canceled'
    if (kind === 'start payment' && !isOver) stripe.startPayment(intent_id)
    if (kind === 'pay' && !isOver) stripe.pay(intent_id)
    if (kind === 'cancel at Stripe') await cancelAtStripe(intent_id)
    if (kind === 'tell') await tell(intent_id)
  }

  /** The clock's work, and that of the worker which it is given to. */
  async function sweepUp() {
    await lapseClaims(sql, clock)
    await expireOrders(sql, clock)
    for (const { id, intent_id } of placed) {
      const { count } = await sql`
        update stripe_calls set status = 'done', updated_at = ${clock}
        where kind = 'cancel_intent' and status = 'due' and subject_id = ${id}
      `
      if (count === 0 || !intent_id) continue
      await cancelAtStripe(intent_id)
      await tell(intent_id)
    }
  }

  return {
    stripe,
    placed: placed as readonly Placed[],
    seller,
    track_id: song.track_id!,
    product_id: song.product_id,
    discount_id: discount.id,
    async step(one: Step) {
      if (one.kind === 'order') await place(one)
      else if (one.kind === 'wait') clock = later(clock, one.minutes * minuteMs)
      else if (one.kind === 'sweep') await sweepUp()
      else await happen(one)
    },
    /** Whatever Stripe has to tell is heard in the end. */
    async end() {
      for (const { intent_id } of placed) if (intent_id) await tell(intent_id)
    },
  }
}

export type Market = Awaited<ReturnType<typeof openMarket>>
