import type { Db } from '../db/client.ts'
import type { InvoiceDocument } from './document-schemas.ts'
import {
  type Billable,
  insertInvoice,
  listUnbilled,
  listUncredited,
  lockOrder,
  lockOrderOfRefund,
  takeNumber,
} from './issue-repository.ts'

/** An invoice of each seller for what they sold in a paid order, once. Last in its transaction, for the numbers wait. */
export async function issueInvoices(tx: Db, orderId: string, now: Date): Promise<readonly string[]> {
  await lockOrder(tx, orderId)
  return issueAll(tx, await listUnbilled(tx, orderId), null, now)
}

/** A credit note of each seller for what a refund gave back of their invoice, once. */
export async function issueCreditNotes(tx: Db, refundId: string, now: Date): Promise<readonly string[]> {
  await lockOrderOfRefund(tx, refundId)
  return issueAll(tx, await listUncredited(tx, refundId), refundId, now)
}

/** The sellers stand in the order of their ids, so that those who take numbers of the same two never wait in a ring. */
async function issueAll(tx: Db, billables: readonly Billable[], refund_id: string | null, now: Date) {
  const ids: string[] = []
  for (const billable of billables) {
    const document = createDocument(billable, await takeNumber(tx, billable.seller_id), now)
    ids.push(await insertInvoice(tx, { billable, refund_id, document, now }))
  }
  return ids
}

function createDocument(
  { seller, buyer, order, corrects, lines, currency }: Billable,
  number: number,
  now: Date,
): InvoiceDocument {
  const sum = (name: 'price_amount' | 'discount_amount') => lines.reduce((all, line) => all + line[name], 0)
  const [subtotal_amount, discount_amount] = [sum('price_amount'), sum('discount_amount')]
  return {
    schema: { id: 'veza-invoice', version: 1 },
    kind: corrects ? 'credit_note' : 'invoice',
    number,
    issued_at: now.toISOString(),
    seller,
    buyer,
    order: { ...order, paid_at: new Date(order.paid_at).toISOString() },
    corrects,
    lines: lines.map((line) => ({ ...line, amount: line.price_amount - line.discount_amount })),
    subtotal_amount,
    discount_amount,
    total_amount: subtotal_amount - discount_amount,
    currency,
  }
}
