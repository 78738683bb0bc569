import { randomUUID } from 'node:crypto'
import { moneyRoutes } from '../../../functions/marketplace/money-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { postDispute, postRefund } from '../../../lib/ledger/postings.ts'
import { openPayout } from '../../../lib/payouts/opening.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, paySeeded, seedOrder } from '../../support/ledger.ts'
import { createMarketApi } from '../../support/market.ts'
import { earn, seedEarner } from '../../support/payouts.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-01T12:00:00Z')
const call = createMarketApi(sql)

afterEach(() => expectSound(sql))

const balanceOf = async (as: Actor) => (await call(moneyRoutes.getBalance, as)).body
const entriesOf = async (as: Actor, query: Record<string, string | number> = {}) =>
  (await call(moneyRoutes.listLedgerEntries, as, { query })).body.data

/** Somebody with something of everything. */
async function setUp() {
  const [earner, buyer] = [await seedEarner(sql, 4_200, 'usd', now), await seedActor(sql)]
  const pay = async (due: number, currency = 'usd') => {
    const order = await seedOrder(sql, buyer.id, [{ seller_id: earner.id, due, fee_bps: 0 }], currency)
    await paySeeded(sql, order, now)
    return order
  }
  await pay(700)
  const disputed = await pay(300)
  const dispute = { order_id: disputed.id, external_id: `dp_${randomUUID()}`, amount: 300, currency: 'usd' }
  await sql.begin((tx) => postDispute(tx, dispute, now))
  await pay(5_000, 'jpy')
  const wish = { user_id: earner.id, currency: 'usd', amount: 1_200, origin: 'seller' } as const
  await sql.begin((tx) => openPayout(tx, wish, now))
  return { earner, buyer, disputed }
}

test('a balance is what is where, in each currency', async () => {
  const { earner, buyer } = await setUp()
  expect(await balanceOf(earner)).toEqual({
    available: [{ amount: 3_000, currency: 'usd' }],
    pending: [
      { amount: 5_000, currency: 'jpy' },
      { amount: 700, currency: 'usd' },
    ],
    held: [{ amount: 300, currency: 'usd' }],
    in_transit: [{ amount: 1_200, currency: 'usd' }],
  })
  expect(await balanceOf(buyer)).toEqual({ available: [], pending: [], held: [], in_transit: [] })
})

test('a debt is shown as one', async () => {
  const earner = await seedEarner(sql, 1_000, 'usd', now)
  const order = await earn(sql, earner, 500, 'usd', now)
  const wish = { user_id: earner.id, currency: 'usd', origin: 'seller' } as const
  await sql.begin((tx) => openPayout(tx, wish, now))
  const items = [{ order_item_id: order.items[0]!.id, amount: 500 }]
  await sql.begin((tx) =>
    postRefund(tx, { order_id: order.id, external_id: `re_${randomUUID()}`, items }, now),
  )
  expect((await balanceOf(earner)).available).toEqual([{ amount: -500, currency: 'usd' }])
})

test('the ledger lists every entry of somebody, which come to the balance', async () => {
  const { earner, disputed } = await setUp()
  const entries = await entriesOf(earner, { limit: 100 })
  const sum = (account: string, currency: string) =>
    entries
      .filter((entry) => entry.account === account && entry.currency === currency)
      .reduce((total, { amount }) => total + amount, 0)
  expect([
    sum('available', 'usd'),
    sum('pending', 'usd'),
    sum('held', 'usd'),
    sum('in_transit', 'usd'),
  ]).toEqual([3_000, 700, 300, 1_200])
  expect(await entriesOf(earner, { order: disputed.id })).toMatchObject([
    { account: 'held', amount: 300, kind: 'dispute' },
    { account: 'pending', amount: -300, kind: 'dispute' },
    { account: 'pending', amount: 300, kind: 'sale', order_id: disputed.id },
  ])
})

test.each([
  { name: 'an account', query: { account: 'in_transit' }, amounts: [1_200] },
  { name: 'a kind', query: { kind: 'release' }, amounts: [4_200, -4_200] },
  {
    name: 'a beginning',
    query: { from: '2026-12-01T12:00:00.000Z', kind: 'sale' },
    amounts: [5_000, 300, 700],
  },
  {
    name: 'an end, which is left out',
    query: { to: '2026-12-01T12:00:00.000Z', kind: 'sale' },
    amounts: [4_200],
  },
  { name: 'an order of others', query: { order: randomUUID() }, amounts: [] },
])('the ledger is looked through by $name', async ({ query, amounts }) => {
  const { earner } = await setUp()
  const found = (await entriesOf(earner, query)).map(({ amount }) => amount)
  expect(found.toSorted()).toEqual(amounts.toSorted())
})

test('the ledger is read page by page, and a place in one list is none in another', async () => {
  const { earner } = await setUp()
  const all = await entriesOf(earner, { limit: 100 })
  const read: string[] = []
  let cursor: string | undefined
  do {
    const query = { limit: 2, ...(cursor && { cursor }) }
    const { body } = await call(moneyRoutes.listLedgerEntries, earner, { query })
    read.push(...body.data.map(({ id }) => id))
    cursor = body.next_cursor ?? undefined
  } while (cursor)
  expect(read).toEqual(all.map(({ id }) => id))

  const { body } = await call(moneyRoutes.listLedgerEntries, earner, { query: { limit: 1 } })
  const elsewhere = { cursor: body.next_cursor!, kind: 'sale' }
  expect((await call(moneyRoutes.listLedgerEntries, earner, { query: elsewhere })).status).toBe(400)
})

test('nobody sees what is somebody else’s', async () => {
  const { disputed } = await setUp()
  const other = await seedActor(sql)
  expect(await entriesOf(other)).toEqual([])
  expect(await entriesOf(other, { order: disputed.id })).toEqual([])
})

test.each([
  { account: 'platform' },
  { kind: 'gift' },
  { order: '1' },
  { from: 'yesterday' },
  { user_id: 'x' },
])('the ledger is not looked through by %j', async (query) => {
  const other = await seedActor(sql)
  expect((await call(moneyRoutes.listLedgerEntries, other, { query: { ...query } })).status).toBe(422)
})
