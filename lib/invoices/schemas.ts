import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { invoiceDocument } from './document-schemas.ts'

export const invoiceParams = z.object({ invoice_id: z.uuid() })

export const invoicesQuery = z.extend(pageQuery, {
  /** Those made out to the caller, or by them. */
  role: z._default(z.enum(['buyer', 'seller']), 'buyer'),
})
export type InvoicesQuery = z.output<typeof invoicesQuery>

const summary = {
  id: z.uuid(),
  kind: z.enum(['invoice', 'credit_note']),
  /** Without gaps for each seller. */
  number: z.int(),
  order_id: z.uuid(),
  refund_id: z.nullable(z.uuid()),
  seller_id: z.uuid(),
  buyer_id: z.uuid(),
  /** Negative of a credit note. */
  total_amount: z.int(),
  currency: z.string(),
  issued_at: timestamp,
}

const invoiceSummary = z.object(summary)
export type InvoiceSummary = z.output<typeof invoiceSummary>

export const invoicePage = page(invoiceSummary)

export const invoice = z.object({ ...summary, document: invoiceDocument })
export type Invoice = z.output<typeof invoice>
