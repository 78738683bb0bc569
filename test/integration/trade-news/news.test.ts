import { randomUUID } from 'node:crypto'
import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import { postDispute, postDisputeLost, postRefund } from '../../../lib/ledger/postings.ts'
import { addToOutbox } from '../../../lib/outbox.ts'
import { useDatabase } from '../../support/database.ts'
import { markSeededPaid, paySeeded, seedOrder } from '../../support/ledger.ts'
import { createSocialApi, type Person, seedPerson, seedTrack } from '../../support/social.ts'
import { createTradePost } from '../../support/trade-news.ts'
import { completeSeeded, makeTrackItem, seedRefund } from '../../support/trade-records.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-01T12:00:00Z')
const post = createTradePost(sql, () => now)
const social = createSocialApi(sql)

const mailTo = ({ username }: Person) => `${username}@example.test`
/** Who got a mail, in the order of their addresses. */
const addressesOf = (mails: readonly { to: string }[]) => mails.map(({ to }) => to).sort()
const oneTo = (mails: readonly { to: string; text: string; subject: string }[], person: Person) => {
  const own = mails.filter(({ to }) => to === mailTo(person))
  expect(own).toHaveLength(1)
  return { ...own[0]!, words: own[0]!.text.replace(/\s+/g, ' ') }
}

async function readNotices(person: Person) {
  const { body } = await social(notificationRoutes.listNotifications, person)
  return body.data as { kind: string; order?: object; payout?: object; track?: object }[]
}

/** Of 20.00: 2.00 ours, 12.00 the seller's, 6.00 a friend's. */
async function seedSale({ isCompleted = true } = {}) {
  const [buyer, seller, friend] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const splits = [
    { user_id: seller.id, split_bps: 6_667 },
    { user_id: friend.id, split_bps: 3_333 },
  ]
  const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 2_000, splits }], 'eur')
  await paySeeded(sql, order, now)
  if (isCompleted) await completeSeeded(sql, order.id)
  const [{ number }] = await sql<[{ number: number }]>`select number from orders where id = ${order.id}`
  const item = order.items[0]!
  return { buyer, seller, friend, order, order_id: order.id, number, item }
}

describe('a sale', () => {
  test('brings its buyer a receipt, and all who earn of it their share in words and figures', async () => {
    const { buyer, seller, friend, order_id, number } = await seedSale()

    const mails = await post.hear('order.completed', { order_id })

    expect(addressesOf(mails)).toEqual([buyer, seller, friend].map(mailTo).sort())
    expect(oneTo(mails, buyer)).toMatchObject({
      subject: `Your Veza receipt, order ${number}`,
      text: expect.stringContaining(`https://veza.example/orders/${order_id}\n`),
      words: expect.stringContaining('Item: Mixing (Basic), €20.00 Total: €20.00'),
    })
    expect(oneTo(mails, seller).words).toContain(`Buyer: ${buyer.username}`)
    expect(oneTo(mails, seller).words).toContain('Your share: €12.00 Payable from: 2026-12-08 12:00 UTC')
    expect(oneTo(mails, friend).words).toContain('Your share: €6.00')
  })

  test('is told of in the application to whoever earns of it', async () => {
    const { buyer, seller, friend, order_id, number } = await seedSale()

    await post.hear('order.completed', { order_id })

    const expected = [expect.objectContaining({ kind: 'sale', order: { id: order_id, number } })]
    expect(await readNotices(seller)).toEqual(expected)
    expect(await readNotices(friend)).toEqual(expected)
    expect(await readNotices(buyer)).toEqual([])
  })

  test('is told of once, however often it is heard of', async () => {
    const { seller, order_id } = await seedSale()
    expect(await post.hear('order.completed', { order_id })).toHaveLength(3)

    await Promise.all([1, 2, 3].map(() => addToOutbox(sql, 'order.completed', { order_id })))
    expect(await post.hear('order.completed', { order_id })).toEqual([])
    expect(await readNotices(seller)).toHaveLength(1)
  })

  test('is not mailed to who does not want that, nor to who is gone; and the receipt is all the same', async () => {
    const { buyer, seller, friend, order_id } = await seedSale()
    const off = { body: { sale: { email: false } } }
    await social(notificationRoutes.updateNotificationPreferences, seller, off)
    await social(notificationRoutes.updateNotificationPreferences, buyer, off)
    await sql`update users set deleted_at = now() where id = ${friend.id}`

    expect(addressesOf(await post.hear('order.completed', { order_id }))).toEqual([mailTo(buyer)])
    expect(await readNotices(seller)).toHaveLength(1)
  })

  test('of something free is not mailed to its seller', async () => {
    const [buyer, seller] = [await seedPerson(sql), await seedPerson(sql)]
    const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 0 }])
    await markSeededPaid(sql, order)
    await completeSeeded(sql, order.id)

    const mails = await post.hear('order.completed', { order_id: order.id })

    expect(addressesOf(mails)).toEqual([mailTo(buyer)])
    expect(oneTo(mails, buyer).words).toContain('Total: $0.00')
    expect(await readNotices(seller)).toHaveLength(1)
  })
})

describe('an exclusive sale', () => {
  test('is told to its seller, and to who has a licence, with the terms that stay', async () => {
    const [seller, holder, latecomer, refunded] = [
      await seedPerson(sql),
      await seedPerson(sql),
      await seedPerson(sql),
      await seedPerson(sql),
    ]
    const trackId = await seedTrack(sql, seller)
    const sell = async (buyer: Person, is_exclusive: boolean) => {
      const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 2_000 }], 'jpy')
      await makeTrackItem(sql, order.items[0]!.id, trackId, { is_exclusive })
      await paySeeded(sql, order, now)
      await completeSeeded(sql, order.id)
      return order.id
    }
    await sell(holder, false)
    const revoked = await sell(refunded, false)
    await sql`
      update licenses set status = 'revoked'
      where order_item_id in (select id from order_items where order_id = ${revoked})
    `
    const order_id = await sell(latecomer, true)

    const mails = await post.hear('order.completed', { order_id })

    expect(addressesOf(mails)).toEqual(
      [mailTo(seller), mailTo(seller), mailTo(holder), mailTo(latecomer)].sort(),
    )
    expect(oneTo(mails, holder).words).toContain('Yours stays valid')
    expect(oneTo(mails, holder).words).toMatch(/Basic, VZ-[\w-]+, issued .* Audio streams: /)
    const sold = mails.find(({ subject }) => subject.startsWith('An exclusive licence was sold'))!
    expect(sold.text).toContain('Earlier licences: 1\n')
    const notice = expect.objectContaining({
      kind: 'exclusive_sold',
      track: expect.objectContaining({ id: trackId }),
    })
    expect(await readNotices(holder)).toEqual([notice])
    expect(await readNotices(seller)).toContainEqual(notice)
    expect(await readNotices(refunded)).toEqual([])
  })

  test('that comes to nothing, for another was faster, brings an apology and nothing else', async () => {
    const { buyer, order_id, item } = await seedSale({ isCompleted: false })
    const refund = {
      order_id,
      items: [{ order_item_id: item.id, amount: 2_000 }],
      reason: 'exclusive_conflict',
    }
    const { id: refund_id } = await seedRefund(sql, refund)

    const mails = [
      ...(await post.hear('order.exclusive_conflict', { order_id })),
      ...(await post.hear('order.refunded', { order_id, refund_id })),
    ]

    expect(addressesOf(mails)).toEqual([mailTo(buyer)])
    expect(oneTo(mails, buyer).words).toContain('We are sorry. You get back all that you have paid')
    expect(oneTo(mails, buyer).words).toContain('You get back: €20.00')
    expect(await readNotices(buyer)).toMatchObject([{ kind: 'refund' }])
  })
})

describe('a refund', () => {
  const refundHalf = async (sale: Awaited<ReturnType<typeof seedSale>>) => {
    const { order_id, item } = sale
    const items = [{ order_item_id: item.id, amount: 1_000 }]
    const refund = await seedRefund(sql, { order_id, items })
    await sql.begin((tx) => postRefund(tx, { order_id, external_id: refund.stripe_refund_id, items }, now))
    return { order_id, refund_id: refund.id }
  }

  test('tells its buyer what comes back, and all who earned what was taken', async () => {
    const sale = await seedSale()
    const { buyer, seller, friend } = sale
    const mails = await post.hear('order.refunded', await refundHalf(sale))

    expect(addressesOf(mails)).toEqual([buyer, seller, friend].map(mailTo).sort())
    expect(oneTo(mails, buyer).words).toContain('Refunded: €10.00 Reason: It was paid twice')
    expect(oneTo(mails, buyer).words).not.toContain('these licences have ended')
    expect(oneTo(mails, seller).words).toContain('Taken back: €6.00')
    expect(oneTo(mails, friend).words).toContain('Taken back: €3.00')
    expect(await readNotices(friend)).toMatchObject([{ kind: 'refund', order: { id: sale.order_id } }])
  })

  test('names the licences that end with it', async () => {
    const sale = await seedSale()
    await sql`update licenses set status = 'revoked' where order_item_id = ${sale.item.id}`

    const mails = await post.hear('order.refunded', await refundHalf(sale))

    expect(oneTo(mails, sale.buyer).words).toContain('these licences have ended: Mixing (Basic)')
  })

  test('of what was never sold is no news to who would have earned', async () => {
    const sale = await seedSale({ isCompleted: false })

    expect(addressesOf(await post.hear('order.refunded', await refundHalf(sale)))).toEqual([
      mailTo(sale.buyer),
    ])
  })
})

describe('a dispute', () => {
  async function openDispute() {
    const sale = await seedSale()
    const { order_id } = sale
    const stripe_dispute_id = `dp_${randomUUID()}`
    const money = { amount: 2_000, currency: 'eur' }
    const [{ id: dispute_id }] = await sql<[{ id: string }]>`
      insert into disputes ${sql({
        ...money,
        stripe_dispute_id,
        order_id,
        reason: 'product_not_received',
        status: 'needs_response',
        evidence_due_at: now,
        opened_at: now,
      })} returning id
    `
    await sql.begin((tx) => postDispute(tx, { order_id, external_id: stripe_dispute_id, ...money }, now))
    return { ...sale, dispute_id, stripe_dispute_id }
  }

  test('is told to who earns, with what is held, and to its buyer, with what is frozen', async () => {
    const { buyer, seller, friend, order_id, dispute_id } = await openDispute()

    const mails = await post.hear('order.disputed', { order_id, dispute_id })

    expect(addressesOf(mails)).toEqual([buyer, seller, friend].map(mailTo).sort())
    expect(oneTo(mails, seller).words).toContain('In dispute: €20.00 Reason given: product not received')
    expect(oneTo(mails, seller).words).toContain('Held of yours: €12.00 Answer due: 2026-12-01 12:00 UTC')
    expect(oneTo(mails, buyer).words).toMatch(/are frozen.* Licence: Mixing, VZ-/)
  })

  test.each([
    { outcome: 'won', forSeller: 'is free again', forBuyer: 'are valid again' },
    { outcome: 'lost', forSeller: 'Taken back: €12.00', forBuyer: 'have ended' },
  ])('that was $outcome is told to both sides', async ({ outcome, forSeller, forBuyer }) => {
    const { buyer, seller, order_id, dispute_id, stripe_dispute_id } = await openDispute()
    if (outcome === 'lost')
      await sql.begin((tx) => postDisputeLost(tx, { order_id, external_id: stripe_dispute_id }, now))
    await sql`update disputes set outcome = ${outcome}, closed_at = now() where id = ${dispute_id}`

    const mails = await post.hear('order.dispute_closed', { order_id, dispute_id })

    expect(oneTo(mails, seller).words).toContain(forSeller)
    expect(oneTo(mails, buyer).subject).toContain(forBuyer)
  })
})

describe('a payout', () => {
  const news = [
    { event: 'payout.created', subject: 'A payout is on its way to you' },
    { event: 'payout.paid', subject: 'You have been paid' },
    { event: 'payout.failed', subject: 'A payout to you has failed' },
  ] as const

  async function seedPayout(seller: Person) {
    const payout = {
      user_id: seller.id,
      amount: 12_345,
      currency: 'jpy',
      origin: 'seller',
      status: 'pending',
    }
    const [{ id }] = await sql<[{ id: string }]>`
      insert into payouts ${sql({ ...payout, created_at: now, updated_at: now })} returning id
    `
    return id
  }

  test.each(news)('is told of at $event', async ({ event, subject }) => {
    const seller = await seedPerson(sql)
    const payout_id = await seedPayout(seller)

    const mails = await post.hear(event, { payout_id })

    expect(oneTo(mails, seller)).toMatchObject({ subject, words: expect.stringContaining('Amount: ¥12,345') })
    expect(await readNotices(seller)).toMatchObject([
      { kind: 'payout', payout: { id: payout_id, status: 'pending', amount: 12_345, currency: 'jpy' } },
    ])
  })

  test('that failed is told of whatever was chosen, and one that went well is not then', async () => {
    const seller = await seedPerson(sql)
    const payout_id = await seedPayout(seller)
    const body = { payout: { email: false, in_app: false } }
    await social(notificationRoutes.updateNotificationPreferences, seller, { body })

    expect(await post.hear('payout.created', { payout_id })).toEqual([])
    expect(await post.hear('payout.paid', { payout_id })).toEqual([])
    expect(await post.hear('payout.failed', { payout_id })).toHaveLength(1)
    expect(await readNotices(seller)).toEqual([])
  })
})

test.each(['order.paid', 'order.expired', 'order.cancelled'] as const)('%s is no news', async (event) => {
  const { order_id } = await seedSale()

  expect(await post.hear(event, { order_id })).toEqual([])
})
