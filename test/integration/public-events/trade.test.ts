import { randomUUID } from 'node:crypto'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { changeLicenses } from '../../../lib/licenses/status.ts'
import type { Envelope } from '../../../lib/public-events/envelope.ts'
import { useDatabase } from '../../support/database.ts'
import { markSeededPaid, paySeeded, seedOrder } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createHaggling } from '../../support/offers.ts'
import { createEventDesk } from '../../support/public-events.ts'
import { createShop } from '../../support/shop.ts'
import { type Person, seedPerson } from '../../support/social.ts'
import { completeSeeded, seedRefund } from '../../support/trade-records.ts'

const { sql } = useDatabase()
const desk = createEventDesk(sql)

interface TradeData {
  readonly role: string
  readonly order: { readonly items: readonly { id: string }[] } & Readonly<Record<string, unknown>>
  readonly earnings: readonly unknown[]
  readonly refund: Readonly<Record<string, unknown>>
  readonly dispute: Readonly<Record<string, unknown>>
  readonly license: Readonly<Record<string, unknown>>
  readonly offer: Readonly<Record<string, unknown>>
}

const dataOf = (event: Envelope | undefined) => event?.data as unknown as TradeData

/** What one is told of a type. */
async function heard(person: Person, type: string) {
  const { data } = await desk.poll(person)
  return data.filter((event) => event.type === type).map(dataOf)
}

/** Of 20.00 and 5.00: the first is one seller's, shared with a friend, the second another's. */
async function seedSale({ isCompleted = true } = {}) {
  const people = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const [buyer, seller, friend, other] = people as [Person, Person, Person, Person]
  const splits = [
    { user_id: seller.id, split_bps: 7_500 },
    { user_id: friend.id, split_bps: 2_500 },
  ]
  const seeds = [
    { seller_id: seller.id, due: 2_000, discount: 500, splits },
    { seller_id: other.id, due: 500 },
  ]
  const order = await seedOrder(sql, buyer.id, seeds, 'eur')
  await sql`
    update orders set discount_code = 'SPRING', payment_intent_id = ${`pi_${randomUUID()}`}, client_secret = 'pi_secret',
      buyer_ip = '203.0.113.9', buyer_user_agent = 'a browser'
    where id = ${order.id}
  `
  await paySeeded(sql, order)
  if (isCompleted) await completeSeeded(sql, order.id)
  const [first, second] = order.items
  return { buyer, seller, friend, other, order, order_id: order.id, first: first!.id, second: second!.id }
}

describe('an order that is paid', () => {
  test('is told whole to its buyer', async () => {
    const { buyer, order_id, first, second } = await seedSale({ isCompleted: false })
    await desk.hear('order.paid', { order_id })

    expect(await heard(buyer, 'order.paid')).toEqual([
      {
        role: 'buyer',
        order: expect.objectContaining({
          id: order_id,
          number: expect.any(Number),
          status: 'paid',
          buyer_id: buyer.id,
          discount_code: 'SPRING',
          subtotal_amount: 3_000,
          discount_amount: 500,
          total_amount: 2_500,
          items: [expect.objectContaining({ id: first }), expect.objectContaining({ id: second })],
        }),
        earnings: [],
      },
    ])
  })

  test('is told to each seller and whoever earns of it as if their items were all', async () => {
    const { seller, friend, other, order_id, first, second } = await seedSale({ isCompleted: false })
    await desk.hear('order.paid', { order_id })

    expect(await heard(seller, 'order.paid')).toMatchObject([
      {
        role: 'seller',
        order: {
          subtotal_amount: 2_500,
          total_amount: 2_000,
          discount_code: 'SPRING',
          items: [{ id: first }],
        },
        earnings: [{ order_item_id: first, amount: 1_350, reversed_amount: 0 }],
      },
    ])
    expect(await heard(friend, 'order.paid')).toMatchObject([
      { role: 'earner', order: { total_amount: 2_000 }, earnings: [{ order_item_id: first, amount: 450 }] },
    ])
    const [toOther] = await heard(other, 'order.paid')
    expect(toOther).toMatchObject({
      role: 'seller',
      // The code was not for anything of theirs.
      order: { subtotal_amount: 500, total_amount: 500, discount_code: null },
      earnings: [{ order_item_id: second, amount: 450 }],
    })
    expect(toOther!.order.items.map(({ id }) => id)).toEqual([second])
  })

  test('holds nothing that is nobody’s business: no secret, no address', async () => {
    const { order_id, ...people } = await seedSale()
    await desk.hear('order.completed', { order_id })

    for (const person of [people.buyer, people.seller, people.friend, people.other]) {
      const { data } = await desk.poll(person)
      expect(data).toHaveLength(1)
      expect(JSON.stringify(data)).not.toMatch(/"pi_|secret|203\.0\.113|a browser|@example|contract|"ip"/)
    }
  })

  test('and given back at once is told to its buyer alone', async () => {
    const { buyer, seller, friend, order_id } = await seedSale({ isCompleted: false })
    await sql`update orders set end_reason = 'exclusive_conflict' where id = ${order_id}`
    await desk.hear('order.paid', { order_id })

    expect(await heard(buyer, 'order.paid')).toMatchObject([{ order: { end_reason: 'exclusive_conflict' } }])
    expect(await heard(seller, 'order.paid')).toEqual([])
    expect(await heard(friend, 'order.paid')).toEqual([])
  })
})

test.each(['order.created', 'order.expired', 'order.cancelled'] as const)(
  '%s is for its buyer alone',
  async (type) => {
    const { buyer, seller, friend, order_id } = await seedSale()
    await desk.hear(type, { order_id })

    expect(await heard(buyer, type)).toMatchObject([{ role: 'buyer', order: { id: order_id } }])
    expect([...(await heard(seller, type)), ...(await heard(friend, type))]).toEqual([])
  },
)

test('of a refund a seller is told their part, and nothing where none of theirs was refunded', async () => {
  const { buyer, seller, friend, other, order_id, first } = await seedSale()
  const { id: refund_id } = await seedRefund(sql, {
    order_id,
    items: [{ order_item_id: first, amount: 800 }],
  })
  await desk.hear('order.refunded', { order_id, refund_id })

  expect(await heard(buyer, 'order.refunded')).toMatchObject([
    { refund: { id: refund_id, amount: 800, items: [{ order_item_id: first, amount: 800 }] } },
  ])
  expect(await heard(seller, 'order.refunded')).toMatchObject([{ refund: { amount: 800 } }])
  expect(await heard(friend, 'order.refunded')).toMatchObject([{ role: 'earner', refund: { amount: 800 } }])
  expect(await heard(other, 'order.refunded')).toEqual([])
})

test('of a dispute the sellers are told until when it can be answered, its buyer only that it is there', async () => {
  const { buyer, seller, friend, other, order_id } = await seedSale()
  const [dispute] = await sql<[{ id: string }]>`
    insert into disputes (stripe_dispute_id, order_id, amount, currency, reason, status, evidence_due_at, opened_at)
    values (${`dp_${randomUUID()}`}, ${order_id}, 2500, 'eur', 'fraudulent', 'needs_response', '2026-12-20', now())
    returning id
  `
  await desk.hear('order.disputed', { order_id, dispute_id: dispute.id })

  const [toSeller] = await heard(seller, 'order.disputed')
  expect(toSeller!.dispute).toMatchObject({ amount: 2_000, evidence_due_at: '2026-12-20T00:00:00.000Z' })
  // What the others sold is none of theirs.
  expect(await heard(friend, 'order.disputed')).toMatchObject([
    { role: 'earner', dispute: { amount: 2_000 } },
  ])
  expect(await heard(other, 'order.disputed')).toMatchObject([{ role: 'seller', dispute: { amount: 500 } }])
  const [toBuyer] = await heard(buyer, 'order.disputed')
  expect(toBuyer!.dispute).toMatchObject({ id: dispute.id, amount: 2_500, evidence_due_at: null })
  expect(JSON.stringify([toSeller, toBuyer])).not.toContain('dp_')
})

test('a licence is told to both, and its serial to the buyer', async () => {
  const { buyer, seller, order_id, first } = await seedSale()
  const [license] = await sql<[{ id: string; serial: string }]>`
    select id, serial from licenses where order_item_id = ${first}
  `
  await desk.hear('license.issued', { license_id: license.id })
  await sql.begin((tx) => changeLicenses(tx, order_id, { to: 'revoked', reason: 'refund' }, new Date()))
  await desk.work()

  expect(await heard(buyer, 'license.issued')).toMatchObject([
    { role: 'buyer', license: { id: license.id, serial: license.serial, order_id, status: 'active' } },
  ])
  expect(await heard(seller, 'license.issued')).toMatchObject([{ role: 'seller', license: { serial: null } }])
  expect(await heard(seller, 'license.revoked')).toMatchObject([
    { license: { id: license.id, status: 'revoked', status_reason: 'refund' } },
  ])
})

test('a download that was granted is told to both, and from where to nobody', async () => {
  const { buyer, seller, first } = await seedSale()
  const [row] = await sql<[{ license_id: string; download_id: string }]>`
    insert into license_downloads (license_id, buyer_id, granted_at, expires_at, ip, user_agent)
    select id, buyer_id, now(), now() + interval '15 minutes', '203.0.113.9', 'a browser'
    from licenses where order_item_id = ${first}
    returning license_id, id as download_id
  `
  await desk.hear('download.granted', row)

  for (const person of [buyer, seller]) {
    const [data] = await heard(person, 'download.granted')
    expect(data).toMatchObject({ license: { id: row.license_id }, download: { id: row.download_id } })
    expect(JSON.stringify(data)).not.toMatch(/203\.0\.113|a browser/)
  }
})

test('a payout is told to whoever is paid', async () => {
  const [seller, other] = [await seedPerson(sql), await seedPerson(sql)]
  const [payout] = await sql<[{ id: string }]>`
    insert into payouts (user_id, amount, currency, origin, created_at, updated_at)
    values (${seller.id}, 1800, 'eur', 'seller', now(), now())
    returning id
  `
  for (const type of ['payout.created', 'payout.paid', 'payout.failed'] as const) {
    await desk.hear(type, { payout_id: payout.id })
    expect(await heard(seller, type)).toEqual([
      {
        payout: {
          id: payout.id,
          amount: 1_800,
          currency: 'eur',
          status: 'pending',
          failed_reason: null,
          origin: 'seller',
          created_at: expect.any(String),
          settled_at: null,
        },
      },
    ])
  }
  expect((await desk.poll(other)).data).toEqual([])
})

test('an offer is told to both sides each time that it moves', async () => {
  const shop = createShop(sql)
  const haggling = createHaggling(shop)
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller)
  const { body: offer } = await haggling.make(buyer, product, 2_000, 'For a film')
  await desk.work()
  await haggling.counter(seller, offer.id, 2_500)
  await desk.work()
  await haggling.accept(buyer, offer.id)
  await desk.work()

  for (const [person, role] of [
    [buyer, 'buyer'],
    [seller, 'seller'],
  ] as const) {
    const { data } = await desk.poll(person)
    const seen = data.filter(({ type }) => type.startsWith('offer.'))
    expect(seen.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['offer.made', 1],
      ['offer.countered', 2],
      ['offer.accepted', 3],
    ])
    expect(dataOf(seen[1])).toMatchObject({
      role,
      offer: { id: offer.id, message: 'For a film', status: 'countered', counter_amount: 2_500 },
    })
  }
})

test('what a shop brings about is told in the order in which it came about', async () => {
  const ring = parseKeyRing(JSON.stringify({ kid: 'shop', key: 'k'.repeat(64) }))
  const shop = createShop(sql, { licenseKeys: async () => ring })
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller)
  const order = await shop.orderPayable(buyer, [
    { product_id: product.product_id, tier_id: product.tier_ids[0] },
  ])
  await desk.work()
  await shop.pay(order.intent_id)
  await desk.work()

  const told = async (person: Person) =>
    (await desk.poll(person)).data
      .filter(({ type }) => type.startsWith('order.'))
      .map(({ type, sequence }) => `${type} ${sequence}`)
  expect(await told(buyer)).toEqual(['order.created 1', 'order.paid 2', 'order.completed 3'])
  expect(await told(seller)).toEqual(['order.paid 1', 'order.completed 2'])
  expect(await heard(buyer, 'license.issued')).toHaveLength(1)
})

test('something free that is paid for with nothing is told alike', async () => {
  const [buyer, seller] = [await seedPerson(sql), await seedPerson(sql)]
  const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 0 }])
  await markSeededPaid(sql, order)
  await desk.hear('order.paid', { order_id: order.id })

  expect(await heard(seller, 'order.paid')).toMatchObject([
    { role: 'seller', order: { total_amount: 0 }, earnings: [] },
  ])
})
