import { randomUUID } from 'node:crypto'
import { moneyRoutes } from '../../../functions/marketplace/money-routes.ts'
import { postRefund } from '../../../lib/ledger/postings.ts'
import { openPayout } from '../../../lib/payouts/opening.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { createMarketApi } from '../../support/market.ts'
import { createPayoutDesk, earn, seedEarner } from '../../support/payouts.ts'

const { sql } = useDatabase()

afterEach(() => expectSound(sql))

async function setUp(amount: number, currency = 'usd') {
  const clock = createClock(new Date('2026-12-01T12:00:00Z'))
  const desk = createPayoutDesk(sql, clock.now)
  const call = createMarketApi(sql, { stripe: desk.port, exports: desk.exports, now: clock.now })
  const earner = await seedEarner(sql, amount, currency, clock.now())
  async function payOut(part?: number) {
    clock.advance(60)
    const wish = { user_id: earner.id, currency, amount: part, origin: 'seller' } as const
    const { id } = await sql.begin((tx) => openPayout(tx, wish, clock.now()))
    await desk.work()
    return id
  }
  /** The lines below the header, cell by cell. */
  const read = (payoutId: string) => {
    const text = desk.exports.objects.get(`exports/statements/${payoutId}.csv`)!.bytes.toString()
    return text
      .replace('\uFEFF', '')
      .split('\r\n')
      .filter(Boolean)
      .map((line) => line.split(','))
  }
  return { clock, desk, call, earner, payOut, read }
}

const header =
  'date,kind,order_number,item,item_amount,platform_fee,share_percent,amount,balance,currency'.split(',')
const short = (lines: string[][]) => lines.slice(1).map((cells) => [cells[1], cells[7], cells[8]])

test('lists what made a payout up, line by line, and begins where the last one ended', async () => {
  const { clock, earner, payOut, read } = await setUp(4_200)
  const first = await payOut(3_000)
  const order = await earn(sql, earner, 2_500, 'usd', clock.now())
  const items = [{ order_item_id: order.items[0]!.id, amount: 500 }]
  const refund = { order_id: order.id, external_id: `re_${randomUUID()}`, items }
  await sql.begin((tx) => postRefund(tx, refund, clock.now()))
  const second = await payOut()

  const [top, release] = read(first)
  expect(top).toEqual(header)
  expect(release!.slice(3)).toEqual(['Mixing – Basic', '42.00', '0.00', '100.00', '42.00', '42.00', 'usd'])
  expect(short(read(first))).toEqual([
    ['release', '42.00', '42.00'],
    ['payout', '-30.00', '12.00'],
  ])
  expect(short(read(second))).toEqual([
    ['brought_forward', '12.00', '12.00'],
    ['release', '25.00', '37.00'],
    ['refund', '-5.00', '32.00'],
    ['payout', '-32.00', '0.00'],
  ])
})

test('has amounts as their currency is written', async () => {
  const { payOut, read } = await setUp(5_000, 'jpy')
  expect(short(read(await payOut()))).toEqual([
    ['release', '5000', '5000'],
    ['payout', '-5000', '0'],
  ])
})

test.each([
  { title: '=HYPERLINK("http://evil.test")', cell: `"'=HYPERLINK(""http://evil.test"") – Basic"` },
  { title: '+1', cell: `'+1 – Basic` },
  { title: '-1', cell: `'-1 – Basic` },
  { title: '@SUM(A1)', cell: `'@SUM(A1) – Basic` },
  { title: '\t=1', cell: `'\t=1 – Basic` },
])('begins no formula with what a seller named $title', async ({ title, cell }) => {
  const { payOut, read, earner } = await setUp(4_200)
  await sql`update order_items set title = ${title} where seller_id = ${earner.id}`
  const [, line] = read(await payOut())
  expect(line![3]).toBe(cell)
})

test('is fetched by a link that ends, by whoever was paid out', async () => {
  const { call, earner, payOut, clock } = await setUp(4_200)
  const payout_id = await payOut()

  const { body } = await call(moneyRoutes.getPayoutStatement, earner, { params: { payout_id } })

  expect(body.url).toContain(`exports/statements/${payout_id}.csv`)
  expect(new Date(body.expires_at).getTime() - clock.now().getTime()).toBe(15 * 60_000)
})

test('is not there before it is made', async () => {
  const { call, earner, clock } = await setUp(4_200)
  const wish = { user_id: earner.id, currency: 'usd', origin: 'seller' } as const
  const { id } = await sql.begin((tx) => openPayout(tx, wish, clock.now()))
  const answer = await call(moneyRoutes.getPayoutStatement, earner, { params: { payout_id: id } })
  expect(answer.status).toBe(404)
})
