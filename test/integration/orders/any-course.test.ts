import fc from 'fast-check'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { course, type Market, openMarket } from '../../support/order-model.ts'

const { sql } = useDatabase()

interface End {
  readonly id: string
  readonly status: string
  readonly end_reason: string | null
  readonly is_paid: boolean
  readonly licenses: number
  readonly items: number
  readonly refunded: number
  readonly total_amount: number
}

const listEnds = (ids: readonly string[]) => sql<End[]>`
  select
    o.id, o.status, o.end_reason, o.paid_at is not null as is_paid, o.total_amount,
    (select count(*) from order_items i where i.order_id = o.id) as items,
    (select count(*) from licenses l join order_items i on i.id = l.order_item_id where i.order_id = o.id) as licenses,
    (select coalesce(sum(r.amount), 0)::bigint from refunds r where r.order_id = o.id) as refunded
  from orders o
  where o.id = any(${ids}::uuid[])
`

/** What Stripe has taken was sold, or all of it is on its way back; what it has not was not sold. */
function expectAsPaid({ stripe, placed }: Market, ends: readonly End[]) {
  for (const end of ends) {
    const intentId = placed.find(({ id }) => id === end.id)!.intent_id
    if (!intentId) {
      expect(end).toMatchObject({ status: 'completed', licenses: end.items, refunded: 0 })
      continue
    }
    expect({ ...end, is_paid: end.is_paid }).toEqual({
      ...end,
      is_paid: stripe.intents.get(intentId)!.status === 'succeeded',
    })
    if (end.end_reason) {
      expect(end).toMatchObject({ status: 'paid', licenses: 0, refunded: end.total_amount })
    } else if (end.is_paid) {
      expect(end).toMatchObject({ status: 'completed', licenses: end.items, refunded: 0 })
    } else {
      expect(end).toMatchObject({ licenses: 0, refunded: 0 })
      expect(['requires_payment', 'cancelled', 'expired']).toContain(end.status)
      const isOver = stripe.intents.get(intentId)!.status === 'canceled'
      expect(end.status !== 'requires_payment').toBe(isOver)
    }
  }
}

async function expectSoldOnce({ track_id, product_id }: Market) {
  const sold = await sql<{ status: string }[]>`
    select o.status from exclusive_claims c
    join order_items i on i.id = c.order_item_id
    join orders o on o.id = i.order_id
    where c.track_id = ${track_id} and c.state = 'sold'
  `
  expect([[], [{ status: 'completed' }]]).toContainEqual([...sold])
  const exclusive = await sql`
    select from licenses l join order_items i on i.id = l.order_item_id
    where i.product_id = ${product_id} and i.is_exclusive
  `
  expect(exclusive).toHaveLength(sold.length)
  const [product] = await sql`select status from products where id = ${product_id}`
  expect(product).toEqual({ status: sold.length > 0 ? 'sold' : 'published' })
}

async function expectUsesCounted({ discount_id }: Market) {
  const [counted] = await sql`select uses from discounts where id = ${discount_id}`
  const [held] = await sql`
    select count(distinct o.id)::int as uses
    from orders o join order_items i on i.order_id = o.id
    where i.discount_id = ${discount_id} and o.status not in ('cancelled', 'expired') and o.end_reason is null
  `
  expect(counted).toEqual(held)
}

async function expectNoGap() {
  const [numbers] = await sql`select count(number) as count, coalesce(max(number), 0) as max from orders`
  expect(numbers!.count).toBe(numbers!.max)
}

test('orders come to what was paid, whatever happens in whatever order', async () => {
  const reached = new Set<string>()
  await fc.assert(
    fc.asyncProperty(course, async (steps) => {
      const market = await openMarket(sql)
      for (const one of steps) await market.step(one)
      await market.end()

      const ends = await listEnds(market.placed.map(({ id }) => id))
      for (const { status, end_reason } of ends) reached.add(end_reason ?? status)
      expectAsPaid(market, ends)
      await expectSoldOnce(market)
      await expectUsesCounted(market)
      await expectNoGap()
      await expectSound(sql)
    }),
    { numRuns: 60, seed: 20_261_201 },
  )
  expect([...reached].sort()).toEqual([
    'cancelled',
    'completed',
    'exclusive_conflict',
    'expired',
    'requires_payment',
  ])
}, 300_000)
