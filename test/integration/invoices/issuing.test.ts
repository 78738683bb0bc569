import type { Sql } from '../../../lib/db/client.ts'
import { issueCreditNotes, issueInvoices } from '../../../lib/invoices/issuing.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { seedItem, seedPaidOrder, seedRefund } from '../../support/paid-orders.ts'
import { type Person, seedPerson } from '../../support/social.ts'

const { sql, settings } = useDatabase()
const connections = useConnections({ settings })
const now = new Date('2026-12-01T12:00:00.000Z')

const bill = (orderId: string, db: Sql = sql) => db.begin((tx) => issueInvoices(tx, orderId, now))
const credit = (refundId: string, db: Sql = sql) => db.begin((tx) => issueCreditNotes(tx, refundId, now))
const find = async (id: string) => (await sql`select * from invoices where id = ${id}`)[0]!
const numbersOf = async (seller: Person) =>
  (await sql`select number from invoices where seller_id = ${seller.id} order by number`).map(
    ({ number }) => number,
  )

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

async function order(buyer: Person, ...sellers: Person[]) {
  const items = []
  for (const seller of sellers) {
    items.push(await seedItem(sql, { seller, price_amount: 3_000, discount_amount: 500 }))
  }
  return { ...(await seedPaidOrder(sql, buyer, items, now)), items }
}

test('each seller of an order bills what they sold, under their own number', async () => {
  const [buyer, ada, ben] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  await sql`
    insert into sellers (user_id, legal_name, legal_address, country, created_at, updated_at)
    values (${ada.id}, 'Ada Lovelace Ltd', '12 Tide Road', 'GB', now(), now())
  `
  const { id, item_ids } = await order(buyer, ada, ben, ada)

  const invoices = await Promise.all((await bill(id)).map(find))

  expect(invoices).toHaveLength(2)
  const hers = invoices.find(({ seller_id }) => seller_id === ada.id)!
  expect(hers).toMatchObject({
    number: 1,
    kind: 'invoice',
    order_id: id,
    refund_id: null,
    buyer_id: buyer.id,
    currency: 'usd',
    total_amount: 5_000,
    issued_at: now,
  })
  const line = { title: 'Low Tide', tier: 'Basic', price_amount: 3_000, discount_amount: 500, amount: 2_500 }
  expect(hers.document).toEqual({
    schema: { id: 'veza-invoice', version: 1 },
    kind: 'invoice',
    number: 1,
    issued_at: now.toISOString(),
    seller: {
      id: ada.id,
      username: ada.username,
      display_name: `${ada.username} of Veza`,
      legal_name: 'Ada Lovelace Ltd',
      address: '12 Tide Road',
      country: 'GB',
    },
    buyer: { id: buyer.id, username: buyer.username, display_name: `${buyer.username} of Veza` },
    order: { id, number: expect.any(Number), paid_at: now.toISOString() },
    corrects: null,
    lines: [
      { order_item_id: item_ids[0], ...line },
      { order_item_id: item_ids[2], ...line },
    ],
    subtotal_amount: 6_000,
    discount_amount: 1_000,
    total_amount: 5_000,
    currency: 'usd',
  })
  expect(invoices.find(({ seller_id }) => seller_id === ben.id)).toMatchObject({
    number: 1,
    total_amount: 2_500,
  })
})

test('an order is billed once, whoever asks and how many at once', async () => {
  const [buyer, seller] = [await seedPerson(sql), await seedPerson(sql)]
  const { id } = await order(buyer, seller)

  const answers = await Promise.all((await connections(10)).map((db) => bill(id, db)))

  expect(answers.flat()).toHaveLength(1)
  expect(await numbersOf(seller)).toEqual([1])
})

test('50 completions at once, every third of them undone, leave no gap in the numbers of two sellers', async () => {
  const [buyer, ada, ben] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const orders: { id: string }[] = []
  for (let at = 0; at < 50; at++) {
    // Their items stand in either order, for those who take the numbers of both.
    orders.push(await order(buyer, ...(at % 2 ? [ada, ben] : [ben, ada])))
  }

  const ends = await Promise.allSettled(
    (await connections(50)).map((db, at) =>
      db.begin(async (tx) => {
        await issueInvoices(tx, orders[at]!.id, now)
        if (at % 3 === 0) throw new Error('undone')
      }),
    ),
  )

  const done = ends.filter(({ status }) => status === 'fulfilled').length
  expect(done).toBe(33)
  expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.message] : []))).toEqual(
    Array.from({ length: 17 }, () => 'undone'),
  )
  expect(await numbersOf(ada)).toEqual(upTo(33))
  expect(await numbersOf(ben)).toEqual(upTo(33))
  for (const { id } of orders) await bill(id)
  expect(await numbersOf(ada)).toEqual(upTo(50))
  expect(await numbersOf(ben)).toEqual(upTo(50))
}, 60_000)

test('a refund is credited once, by whoever sold what came back, in the same row of numbers', async () => {
  const [buyer, ada, ben] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const { id, item_ids } = await order(buyer, ada, ben)
  const [invoice] = await Promise.all((await bill(id)).map(find))
  const [first, second] = [item_ids[0]!, item_ids[1]!]
  const whole = await seedRefund(sql, id, { [first]: 1_000 })

  const answers = await Promise.all((await connections(5)).map((db) => credit(whole, db)))

  const notes = await Promise.all(answers.flat().map(find))
  expect(notes).toHaveLength(1)
  const hers =
    invoice!.seller_id === ada.id
      ? invoice!
      : (
          await sql`select * from invoices where order_id = ${id} and seller_id = ${ada.id} and kind = 'invoice'`
        )[0]!
  expect(notes[0]).toMatchObject({
    seller_id: ada.id,
    number: 2,
    kind: 'credit_note',
    refund_id: whole,
    total_amount: -1_000,
    document: {
      kind: 'credit_note',
      number: 2,
      corrects: { id: hers.id, number: 1 },
      lines: [{ order_item_id: first, price_amount: -1_000, discount_amount: 0, amount: -1_000 }],
      subtotal_amount: -1_000,
      discount_amount: 0,
      total_amount: -1_000,
    },
  })
  const both = await seedRefund(sql, id, { [first]: 1_500, [second]: 2_500 })
  expect(await credit(both)).toHaveLength(2)
  expect(await numbersOf(ada)).toEqual([1, 2, 3])
  expect(await numbersOf(ben)).toEqual([1, 2])
})

test('what was refunded before it was billed needs no credit note', async () => {
  const [buyer, seller] = [await seedPerson(sql), await seedPerson(sql)]
  const { id, item_ids } = await order(buyer, seller)

  expect(await credit(await seedRefund(sql, id, { [item_ids[0]!]: 2_500 }))).toEqual([])

  expect(await numbersOf(seller)).toEqual([])
})

test('nobody bills what is free, and no number is spent on it', async () => {
  const [buyer, ada, ben] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const items = [
    await seedItem(sql, { seller: ada, price_amount: 3_000, discount_amount: 3_000 }),
    await seedItem(sql, { seller: ben, price_amount: 1_000 }),
  ]
  const { id } = await seedPaidOrder(sql, buyer, items, now)

  expect(await bill(id)).toHaveLength(1)

  expect(await numbersOf(ada)).toEqual([])
  expect(await numbersOf(ben)).toEqual([1])
})
