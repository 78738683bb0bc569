import { randomUUID } from 'node:crypto'
import type { Sql } from '../../../lib/db/client.ts'
import { postDispute, postDisputeWon, postRefund, postSale } from '../../../lib/ledger/postings.ts'
import { releaseDueShares } from '../../../lib/ledger/release.ts'
import { openPayout } from '../../../lib/payouts/opening.ts'
import { putBack, settleTransfer } from '../../../lib/payouts/settlement.ts'
import { payDueSellers } from '../../../lib/payouts/weekly.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, paySeeded, readBalance, type SeededOrder, seedOrder } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { earn, seedEarner } from '../../support/payouts.ts'
import { seedActor } from '../../support/tracks.ts'

const database = useDatabase()
const { sql } = database
const open = useConnections(database)
const now = new Date('2026-12-01T12:00:00Z')
const week = later(now, 7 * dayMs)

afterEach(() => expectSound(sql))

/** Deadlocks are begun anew, and told of in the log: here there are none. */
async function withoutDeadlocks(work: () => Promise<unknown>) {
  const { text } = await captureLog(work)
  expect(text).not.toContain('deadlock')
}

const refund = (sql: Sql, order: SeededOrder, external_id: string, amount: number) =>
  sql.begin((tx) =>
    postRefund(
      tx,
      { order_id: order.id, external_id, items: [{ order_item_id: order.items[0]!.id, amount }] },
      week,
    ),
  )

async function seedShared(count: number) {
  const people = [await seedEarner(sql, 5_000), await seedEarner(sql, 5_000), await seedEarner(sql, 5_000)]
  const buyer = await seedActor(sql)
  const splits = people.map(({ id }, at) => ({ user_id: id, split_bps: [5_000, 3_000, 2_000][at]! }))
  const orders: SeededOrder[] = []
  for (let at = 0; at < count; at++) {
    // Whoever sells is another each time, so that rows come in every order.
    const order = [...splits.slice(at % 3), ...splits.slice(0, at % 3)]
    orders.push(
      await seedOrder(sql, buyer.id, [{ seller_id: people[at % 3]!.id, due: 1_000, splits: order }]),
    )
  }
  return { people, orders }
}

test('the same sale twenty times at once happens once', async () => {
  const { orders } = await seedShared(1)
  const [order] = orders
  await sql`update orders set status = 'paid', paid_at = ${now}, number = 900001 where id = ${order!.id}`
  const sale = { order_id: order!.id, external_id: `pi_${randomUUID()}` }
  const answers = await Promise.all((await open(20)).map((sql) => sql.begin((tx) => postSale(tx, sale, now))))
  expect(answers.filter(Boolean)).toHaveLength(1)
})

test('the same refund twenty times at once happens once', async () => {
  const { orders } = await seedShared(1)
  await paySeeded(sql, orders[0]!, now)
  const id = `re_${randomUUID()}`
  const answers = await Promise.all((await open(20)).map((sql) => refund(sql, orders[0]!, id, 300)))
  expect(answers.filter(Boolean)).toHaveLength(1)
})

test('a release and a refund at once leave what is left, available', async () => {
  const { orders, people } = await seedShared(12)
  const before = await Promise.all(people.map(({ id }) => readBalance(sql, id)))
  for (const order of orders) await paySeeded(sql, order, now)
  const connections = await open(16)

  await withoutDeadlocks(() =>
    Promise.all([
      ...orders.map((order, at) => refund(connections[at]!, order, `re_${randomUUID()}`, 400)),
      ...connections.slice(12).map((sql) => releaseDueShares(sql, week)),
    ]),
  )
  while ((await releaseDueShares(sql, week)) > 0);

  // 600 are left of each order, and nine tenths of them to those who earn.
  const gained = [0.5, 0.3, 0.2].map((part) => 12 * 540 * part)
  for (const [at, { id }] of people.entries()) {
    expect(await readBalance(sql, id)).toMatchObject({
      pending: 0,
      available: before[at]!.available + gained[at]!,
    })
  }
})

test('a refund while it is paid out leaves a debt, or a smaller payout', async () => {
  for (let round = 0; round < 5; round++) {
    const earner = await seedEarner(sql, 5_000, 'usd', now)
    const order = await earn(sql, earner, 2_000, 'usd', now)
    const [one, other] = await open(2)
    const wish = { user_id: earner.id, currency: 'usd', origin: 'seller' } as const

    const [payout] = await Promise.all([
      one!.begin((tx) => openPayout(tx, wish, now)),
      refund(other!, order, `re_${randomUUID()}`, 2_000),
    ])

    const { available, in_transit } = await readBalance(sql, earner.id)
    expect([in_transit, available + in_transit]).toEqual([payout.amount, 5_000])
    expect([5_000, 7_000]).toContain(payout.amount)
  }
})

test('the weekly run of two at once and a request pay everyone once', async () => {
  const earners = []
  for (let at = 0; at < 10; at++) earners.push(await seedEarner(sql, 2_000, 'usd', now))
  const [one, other, third] = await open(3)
  const wish = { user_id: earners[5]!.id, currency: 'usd', origin: 'seller' } as const

  await Promise.allSettled([
    payDueSellers(one!, now),
    payDueSellers(other!, now),
    third!.begin((tx) => openPayout(tx, wish, now)),
  ])
  while ((await payDueSellers(sql, now)) > 0);

  const ids = earners.map(({ id }) => id)
  const payouts = await sql`select user_id from payouts where user_id = any(${ids}::uuid[])`
  expect(payouts.map(({ user_id }) => user_id).sort()).toEqual(ids.toSorted())
})

test('a transfer that is done and one that is refused are not both believed', async () => {
  for (let round = 0; round < 5; round++) {
    const earner = await seedEarner(sql, 2_000, 'usd', now)
    const wish = { user_id: earner.id, currency: 'usd', origin: 'seller' } as const
    const { id } = await sql.begin((tx) => openPayout(tx, wish, now))
    const [one, other] = await open(2)

    await Promise.all([settleTransfer(one!, id, `tr_${randomUUID()}`, now), putBack(other!, id, 'late', now)])

    const [row] = await sql`select status from payouts where id = ${id}`
    const { available, in_transit } = await readBalance(sql, earner.id)
    expect([row!.status, available, in_transit]).toEqual(
      row!.status === 'failed' ? ['failed', 2_000, 0] : ['in_transit', 0, 0],
    )
  }
})

test('everything at once for the same people never waits in a circle', async () => {
  const { orders, people } = await seedShared(24)
  const connections = await open(12)
  const at = (index: number) => connections[index % connections.length]!

  await withoutDeadlocks(async () => {
    await Promise.all(orders.map((order, index) => payAlone(at(index), order, 910_000 + index)))
    await Promise.allSettled([
      ...orders.slice(0, 8).map((order, index) => refund(at(index), order, `re_${randomUUID()}`, 500)),
      ...orders.slice(8, 16).map((order, index) => dispute(at(index + 3), order)),
      ...[0, 1, 2].map((index) => releaseDueShares(at(index + 5), week)),
      ...people.map(({ id }, index) =>
        at(index + 8).begin((tx) => openPayout(tx, { user_id: id, currency: 'usd', origin: 'seller' }, week)),
      ),
    ])
  })
  while ((await releaseDueShares(sql, week)) > 0);
  const [{ count }] = await sql<[{ count: number }]>`
    select count(*) from order_item_shares s join order_items i on i.id = s.order_item_id
    where i.order_id = any(${orders.map(({ id }) => id)}::uuid[]) and s.released_at is null
  `
  expect(count).toBe(0)
})

async function payAlone(sql: Sql, order: SeededOrder, number: number) {
  await sql.begin(async (tx) => {
    await tx`update orders set status = 'paid', paid_at = ${now}, number = ${number} where id = ${order.id}`
    await postSale(tx, { order_id: order.id, external_id: `pi_${randomUUID()}` }, now)
  })
}

async function dispute(sql: Sql, order: SeededOrder) {
  const about = { order_id: order.id, external_id: `dp_${randomUUID()}` }
  await sql.begin((tx) => postDispute(tx, { ...about, amount: 1_000, currency: 'usd' }, week))
  await sql.begin((tx) => postDisputeWon(tx, about, week))
}
