import { postRefund } from '../../../lib/ledger/postings.ts'
import { payDueSellers } from '../../../lib/payouts/weekly.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { createPayoutDesk, earn, seedEarner } from '../../support/payouts.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-07T06:00:00Z')

afterEach(() => expectSound(sql))

async function run() {
  while ((await payDueSellers(sql, now)) > 0);
}

const payoutsOf = (userId: string) => sql`
  select amount, currency, origin, status from payouts where user_id = ${userId} order by currency
`

test('pays out whoever has enough, in each currency', async () => {
  const earner = await seedEarner(sql, 4_200, 'usd', now)
  await earn(sql, earner, 20_000, 'jpy', now)
  await run()
  await run()
  expect(await payoutsOf(earner.id)).toEqual([
    { amount: 20_000, currency: 'jpy', origin: 'schedule', status: 'pending' },
    { amount: 4_200, currency: 'usd', origin: 'schedule', status: 'pending' },
  ])
})

test('leaves what is too little to the next run', async () => {
  const earner = await seedEarner(sql, 999, 'usd', now)
  await run()
  expect(await payoutsOf(earner.id)).toEqual([])
  await earn(sql, earner, 1, 'usd', now)
  await run()
  expect(await payoutsOf(earner.id)).toMatchObject([{ amount: 1_000 }])
})

test('carries a debt over to what comes next', async () => {
  const earner = await seedEarner(sql, 3_000, 'usd', now)
  const order = await earn(sql, earner, 2_000, 'usd', now)
  await run()
  await createPayoutDesk(sql, () => now).work()
  await giveBack(order)
  expect(await readBalance(sql, earner.id)).toMatchObject({ available: -2_000 })
  await earn(sql, earner, 2_500, 'usd', now)
  await run()
  expect(await payoutsOf(earner.id)).toHaveLength(1)
  await earn(sql, earner, 600, 'usd', now)
  await run()
  const amounts = (await payoutsOf(earner.id)).map(({ amount }) => amount)
  expect(amounts.toSorted((a, b) => a - b)).toEqual([1_100, 5_000])
})

test.each([
  {
    name: 'Stripe lets nothing through to',
    change: { payouts_enabled: false },
    table: 'sellers',
    key: 'user_id',
  },
  { name: 'is suspended', change: { suspended_at: now }, table: 'users', key: 'id' },
])('keeps what is earned by somebody who $name', async ({ change, table, key }) => {
  const earner = await seedEarner(sql, 4_200, 'usd', now)
  await sql`update ${sql(table)} set ${sql(change)} where ${sql(key)} = ${earner.id}`
  await run()
  expect(await payoutsOf(earner.id)).toEqual([])
  expect(await readBalance(sql, earner.id)).toMatchObject({ available: 4_200 })
})

test('pays somebody whose suspension is over', async () => {
  const earner = await seedEarner(sql, 4_200, 'usd', now)
  await sql`update users set suspended_at = ${now}, suspended_until = ${now} where id = ${earner.id}`
  await run()
  expect(await payoutsOf(earner.id)).toMatchObject([{ amount: 4_200 }])
})

test('pays everyone else where it fails for somebody, and says so in the end', async () => {
  const [unlucky, other] = [
    await seedEarner(sql, 4_200, 'usd', now),
    await seedEarner(sql, 4_200, 'usd', now),
  ]
  await sql`alter table payouts add constraint unlucky check (user_id <> ${sql.unsafe(`'${unlucky.id}'`)})`
  await expect(run()).rejects.toThrow('1 could not be paid out')
  await sql`alter table payouts drop constraint unlucky`
  expect(await payoutsOf(unlucky.id)).toEqual([])
  expect(await payoutsOf(other.id)).toMatchObject([{ amount: 4_200 }])
})

async function giveBack(order: Awaited<ReturnType<typeof earn>>) {
  const items = order.items.map(({ id, due }) => ({ order_item_id: id, amount: due }))
  await sql.begin((tx) => postRefund(tx, { order_id: order.id, external_id: `re_${order.id}`, items }, now))
}
