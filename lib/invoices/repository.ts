import type { Db } from '../db/client.ts'
import type { Invoice, InvoiceSummary } from './schemas.ts'

const summary = (db: Db) => db`
  id, kind, number, order_id, refund_id, seller_id, buyer_id, total_amount, currency, issued_at
`

export interface InvoiceFilter {
  readonly role: 'buyer' | 'seller'
  readonly user_id: string
  /** Only what is older than this one. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first. */
export const listInvoices = (db: Db, { role, user_id, before, limit }: InvoiceFilter) => db<InvoiceSummary[]>`
  select ${summary(db)}
  from invoices
  where ${role === 'buyer' ? db`buyer_id` : db`seller_id`} = ${user_id}
    ${before === undefined ? db`` : db`and id < ${before}`}
  order by id desc
  limit ${limit}
`

/** Of which the user is a party. */
export async function findInvoice(db: Db, id: string, userId: string): Promise<Invoice | undefined> {
  const [row] = await db<[Invoice?]>`
    select ${summary(db)}, document
    from invoices
    where id = ${id} and ${userId}::uuid in (buyer_id, seller_id)
  `
  return row
}
