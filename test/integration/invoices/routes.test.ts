import { randomUUID } from 'node:crypto'
import { invoiceRoutes as routes } from '../../../functions/marketplace/invoice-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { issueCreditNotes } from '../../../lib/invoices/issuing.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi } from '../../support/market.ts'
import { createLicenseKeys, seedRefund } from '../../support/paid-orders.ts'
import { readPdf } from '../../support/pdf-text.ts'
import { type SaleOptions, sell } from '../../support/sales.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const licenseKeys = createLicenseKeys().load
const call = createMarketApi(sql)
const now = new Date('2026-12-01T12:00:00.000Z')

async function setUp(options: Partial<SaleOptions> = {}) {
  const [seller, buyer] = [
    options.seller ?? (await seedPerson(sql)),
    options.buyer ?? (await seedPerson(sql)),
  ]
  return { seller, buyer, ...(await sell(sql, { licenseKeys, now, ...options, seller, buyer })) }
}

const get = (actor: Actor | undefined, invoice_id: string, headers = {}) =>
  call(routes.getInvoice, actor, { params: { invoice_id }, headers })
const list = (actor: Actor | undefined, query = {}) => call(routes.listInvoices, actor, { query })
const pdf = { accept: 'application/pdf' }

test('an invoice is there for both who are named in it, and for nobody else', async () => {
  const { seller, buyer, invoice_id, order_id } = await setUp({ price_amount: 3_000, discount_amount: 500 })

  for (const party of [seller, buyer]) {
    const { status, body } = await get(party, invoice_id)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: invoice_id,
      kind: 'invoice',
      number: 1,
      order_id,
      refund_id: null,
      seller_id: seller.id,
      buyer_id: buyer.id,
      total_amount: 2_500,
      currency: 'usd',
      issued_at: now.toISOString(),
      document: { lines: [{ price_amount: 3_000, discount_amount: 500, amount: 2_500 }] },
    })
  }
  const [stranger, admin] = [await seedPerson(sql), await seedPerson(sql, undefined, { role: 'admin' })]
  for (const other of [stranger, admin]) {
    expect(await get(other, invoice_id)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    expect(await get(other, invoice_id, pdf)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  }
  expect((await get(undefined, invoice_id)).status).toBe(401)
  expect((await get(buyer, randomUUID())).status).toBe(404)
})

test('they are listed by what one is in them, newest first, page by page', async () => {
  const [seller, buyer] = [await seedPerson(sql), await seedPerson(sql)]
  const ids: string[] = []
  for (let at = 0; at < 3; at++) ids.unshift((await setUp({ seller, buyer })).invoice_id)
  const idsOf = ({ body }: Awaited<ReturnType<typeof list>>) => body.data.map(({ id }) => id)

  expect(idsOf(await list(buyer))).toEqual(ids)
  expect(idsOf(await list(buyer, { role: 'seller' }))).toEqual([])
  const first = await list(seller, { role: 'seller', limit: 2 })
  const cursor = first.body.next_cursor!
  expect([...idsOf(first), ...idsOf(await list(seller, { role: 'seller', limit: 2, cursor }))]).toEqual(ids)
  expect(idsOf(await list(seller))).toEqual([])
  expect((await list(seller, { role: 'buyer', cursor })).status).toBe(400)
  expect((await list(seller, { role: 'admin' })).status).toBe(422)
  expect((await list(undefined)).status).toBe(401)
})

test('as a PDF it says who bills whom for what, in the digits of the currency', async () => {
  const seller = await seedPerson(sql)
  await sql`
    insert into sellers (user_id, legal_name, legal_address, country, created_at, updated_at)
    values (${seller.id}, 'Ada Lovelace Ltd', '12 Tide Road, Brighton', 'GB', now(), now())
  `
  const { buyer, invoice_id } = await setUp({ seller, price_amount: 3_000, discount_amount: 500 })

  const answer = await get(buyer, invoice_id, pdf)

  expect(answer).toMatchObject({ status: 200, type: 'application/pdf' })
  expect(answer.headers['content-disposition']).toBe('attachment; filename="invoice-1.pdf"')
  const { text } = readPdf(answer.bytes)
  for (const said of [
    'Invoice 1',
    'Ada Lovelace Ltd',
    '12 Tide Road, Brighton',
    buyer.username,
    '1 December 2026',
  ]) {
    expect(text).toContain(said)
  }
  for (const said of ['$30.00 less $5.00 discount', '$30.00Sum', '-$5.00Discount', '$25.00Total']) {
    expect(text).toContain(said)
  }
  expect((await get(seller, invoice_id, pdf)).bytes.equals(answer.bytes)).toBe(true)
  const seen = await get(buyer, invoice_id, { ...pdf, 'if-none-match': answer.headers.etag! })
  expect(seen).toMatchObject({ status: 304, text: '' })
})

test('a credit note names the invoice that it takes back from', async () => {
  const { buyer, order_id, item_id } = await setUp()
  const refund = await seedRefund(sql, order_id, { [item_id]: 1_000 })
  const [id] = await sql.begin((tx) => issueCreditNotes(tx, refund, now))

  const { body } = await get(buyer, id!)
  const { text } = readPdf((await get(buyer, id!, pdf)).bytes)

  expect(body).toMatchObject({ kind: 'credit_note', number: 2, refund_id: refund, total_amount: -1_000 })
  for (const said of ['Credit note 2', 'Takes back fromInvoice 1', '-$10.00Total'])
    expect(text).toContain(said)
})
