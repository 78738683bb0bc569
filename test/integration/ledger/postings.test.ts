import { randomUUID } from 'node:crypto'
import type { Transaction } from '../../../lib/db/client.ts'
import {
  postDispute,
  postDisputeLost,
  postDisputeWon,
  postRefund,
  postSale,
  postStripeFee,
} from '../../../lib/ledger/postings.ts'
import { releaseDueShares } from '../../../lib/ledger/release.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, paySeeded, readAccount, readBalance, seedOrder } from '../../support/ledger.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-01T12:00:00Z')
const week = later(now, 7 * dayMs)

const post = (work: (tx: Transaction) => Promise<boolean>) => sql.begin(work)

/** One item of 100.00, a tenth ours, the rest two thirds and one third, paid. */
async function seedSale(currency = 'usd') {
  const [buyer, seller, friend] = [await seedActor(sql), await seedActor(sql), await seedActor(sql)]
  const splits = [
    { user_id: seller.id, split_bps: 6_667 },
    { user_id: friend.id, split_bps: 3_333 },
  ]
  const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 10_000, splits }], currency)
  const payment = await paySeeded(sql, order, now)
  const balances = async () => [
    await readBalance(sql, seller.id, currency),
    await readBalance(sql, friend.id, currency),
  ]
  return { order, payment, seller, friend, balances, item: order.items[0]! }
}

const nothing = { pending: 0, available: 0, held: 0, in_transit: 0 }
const shares = [6_000, 3_000]
const each = (account: keyof typeof nothing, amounts: readonly number[]) =>
  amounts.map((amount) => ({ ...nothing, [account]: amount }))

afterEach(() => expectSound(sql))

describe('a sale', () => {
  test('is what was paid, shared between the platform and all who earn of it', async () => {
    const before = [await readAccount(sql, 'customers'), await readAccount(sql, 'platform')]
    const { balances } = await seedSale()

    expect(await balances()).toEqual(each('pending', shares))
    expect(await readAccount(sql, 'customers')).toBe(before[0]! - 10_000)
    expect(await readAccount(sql, 'platform')).toBe(before[1]! + 1_000)
  })

  test('happens once for its payment', async () => {
    const { order, payment, balances } = await seedSale()
    const again = { order_id: order.id, external_id: payment }

    expect(await post((tx) => postSale(tx, again, now))).toBe(false)
    expect(await balances()).toEqual(each('pending', shares))
  })

  test('costs us what Stripe keeps of it, once, in the currency that it settles in', async () => {
    const { order } = await seedSale('eur')
    const fee = { order_id: order.id, external_id: 'txn_1', amount: 320, currency: 'usd' }
    const before = await readAccount(sql, 'stripe_fees')

    expect(await post((tx) => postStripeFee(tx, fee, now))).toBe(true)
    expect(await post((tx) => postStripeFee(tx, fee, now))).toBe(false)
    expect(await readAccount(sql, 'stripe_fees')).toBe(before + 320)
  })
})

describe('a share', () => {
  test('is released a week after its payment, and not before', async () => {
    const { balances } = await seedSale()
    await releaseDueShares(sql, later(week, -1))
    expect(await balances()).toEqual(each('pending', shares))

    expect(await releaseDueShares(sql, week)).toBeGreaterThanOrEqual(2)
    expect(await releaseDueShares(sql, week)).toBe(0)
    expect(await balances()).toEqual(each('available', shares))
  })

  test('is not released while it is in dispute', async () => {
    const { order, balances } = await seedSale()
    const dispute = { order_id: order.id, external_id: `dp_${randomUUID()}`, amount: 10_000, currency: 'usd' }
    await post((tx) => postDispute(tx, dispute, now))

    await releaseDueShares(sql, week)

    expect(await balances()).toEqual(each('held', shares))
    await post((tx) => postDisputeWon(tx, dispute, week))
    expect(await balances()).toEqual(each('pending', shares))
    await releaseDueShares(sql, week)
    expect(await balances()).toEqual(each('available', shares))
  })
})

describe('a refund', () => {
  test('takes back of fee and shares in proportion, and all of them in the end', async () => {
    const { order, item, balances } = await seedSale()
    const refund = (external_id: string, amount: number) =>
      post((tx) =>
        postRefund(tx, { order_id: order.id, external_id, items: [{ order_item_id: item.id, amount }] }, now),
      )
    const before = await readAccount(sql, 'platform')

    expect(await refund(`re_${randomUUID()}`, 5_000)).toBe(true)
    expect(await balances()).toEqual(each('pending', [3_000, 1_500]))

    await refund(`re_${randomUUID()}`, 1)
    await refund(`re_${randomUUID()}`, 4_999)
    expect(await balances()).toEqual(each('pending', [0, 0]))
    expect(await readAccount(sql, 'platform')).toBe(before - 1_000)
    const [row] = await sql`select refunded_amount from orders where id = ${order.id}`
    expect(row).toEqual({ refunded_amount: 10_000 })
  })

  test('happens once for its id', async () => {
    const { order, item, balances } = await seedSale()
    const items = [{ order_item_id: item.id, amount: 1_000 }]
    const refund = { order_id: order.id, external_id: `re_${randomUUID()}`, items }

    expect(await post((tx) => postRefund(tx, refund, now))).toBe(true)
    expect(await post((tx) => postRefund(tx, refund, now))).toBe(false)
    expect(await balances()).toEqual(each('pending', [5_400, 2_700]))
  })

  test('takes what was released from what is available', async () => {
    const { order, item, balances, seller } = await seedSale()
    await releaseDueShares(sql, week)
    const items = [{ order_item_id: item.id, amount: 10_000 }]
    await post((tx) => postRefund(tx, { order_id: order.id, external_id: `re_${randomUUID()}`, items }, week))
    expect(await balances()).toEqual(each('available', [0, 0]))
    expect(await readBalance(sql, seller.id)).toEqual(nothing)
  })

  test('of more than is left is borne by the platform, not by those who earned', async () => {
    const { order, item, balances } = await seedSale()
    const before = await readAccount(sql, 'platform')
    const items = [{ order_item_id: item.id, amount: 10_100 }]
    await post((tx) => postRefund(tx, { order_id: order.id, external_id: `re_${randomUUID()}`, items }, now))

    expect(await balances()).toEqual(each('pending', [0, 0]))
    expect(await readAccount(sql, 'platform')).toBe(before - 1_100)
  })

  test('is refused before the payment is there', async () => {
    const [buyer, seller] = [await seedActor(sql), await seedActor(sql)]
    const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 500 }])
    const items = [{ order_item_id: order.items[0]!.id, amount: 500 }]

    const refund = { order_id: order.id, external_id: `re_${randomUUID()}`, items }
    await expect(post((tx) => postRefund(tx, refund, now))).rejects.toThrow('Nothing was paid')
  })
})

describe('a dispute', () => {
  const open = (order_id: string, amount = 10_000) => ({
    order_id,
    external_id: `dp_${randomUUID()}`,
    amount,
    currency: 'usd',
  })

  test('holds what is left to everyone, pending or released, until it is won', async () => {
    const { order, balances } = await seedSale()
    await releaseDueShares(sql, week)
    const dispute = open(order.id)

    expect(await post((tx) => postDispute(tx, dispute, week))).toBe(true)
    expect(await post((tx) => postDispute(tx, dispute, week))).toBe(false)

    expect(await balances()).toEqual(each('held', shares))
    expect(await readAccount(sql, 'disputed')).toBe(-10_000)

    expect(await post((tx) => postDisputeWon(tx, dispute, week))).toBe(true)
    expect(await post((tx) => postDisputeWon(tx, dispute, week))).toBe(false)
    expect(await balances()).toEqual(each('available', shares))
    expect(await readAccount(sql, 'disputed')).toBe(0)
  })

  test('that is lost goes back to the customer, what was not disputed to whom it is', async () => {
    const { order, balances } = await seedSale()
    const dispute = open(order.id, 5_000)
    await post((tx) => postDispute(tx, dispute, now))

    expect(await post((tx) => postDisputeLost(tx, dispute, now))).toBe(true)
    expect(await post((tx) => postDisputeLost(tx, dispute, now))).toBe(false)

    expect(await balances()).toEqual(each('pending', [3_000, 1_500]))
    expect(await readAccount(sql, 'disputed')).toBe(0)
    const [row] = await sql`select refunded_amount from orders where id = ${order.id}`
    expect(row).toEqual({ refunded_amount: 5_000 })
  })

  test('that is lost after a refund in full is borne by the platform', async () => {
    const { order, item, balances } = await seedSale()
    const items = [{ order_item_id: item.id, amount: 10_000 }]
    await post((tx) => postRefund(tx, { order_id: order.id, external_id: `re_${randomUUID()}`, items }, now))
    const before = await readAccount(sql, 'platform')
    const dispute = open(order.id)
    await post((tx) => postDispute(tx, dispute, now))
    await post((tx) => postDisputeLost(tx, dispute, now))

    expect(await balances()).toEqual(each('pending', [0, 0]))
    expect(await readAccount(sql, 'platform')).toBe(before - 10_000)
  })

  test('keeps everything held until the last one of its order is closed', async () => {
    const { order, balances } = await seedSale()
    const [first, second] = [open(order.id, 2_000), open(order.id, 3_000)]
    await post((tx) => postDispute(tx, first, now))
    await post((tx) => postDispute(tx, second, now))

    await post((tx) => postDisputeLost(tx, first, now))
    expect(await balances()).toEqual(each('held', [4_800, 2_400]))

    await post((tx) => postDisputeWon(tx, second, now))
    expect(await balances()).toEqual(each('pending', [4_800, 2_400]))
  })

  test('that was never opened does not end', async () => {
    const { order } = await seedSale()
    const end = { order_id: order.id, external_id: 'dp_unknown' }
    await expect(post((tx) => postDisputeWon(tx, end, now))).rejects.toThrow('never opened')
    await expect(post((tx) => postDisputeLost(tx, end, now))).rejects.toThrow('never opened')
  })
})
