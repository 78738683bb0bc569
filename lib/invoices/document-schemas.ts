import * as z from 'zod/mini'

const party = { id: z.uuid(), username: z.string(), display_name: z.string() }

/** Of a credit note all amounts are negative. */
const line = z.object({
  order_item_id: z.uuid(),
  title: z.string(),
  tier: z.string(),
  price_amount: z.int(),
  discount_amount: z.int(),
  amount: z.int(),
})

/** An invoice or a credit note as it was made out: whatever changes later, this stays. */
export const invoiceDocument = z.object({
  schema: z.object({ id: z.literal('veza-invoice'), version: z.literal(1) }),
  kind: z.enum(['invoice', 'credit_note']),
  /** Without gaps for each seller. */
  number: z.int(),
  issued_at: z.string(),
  seller: z.object({
    ...party,
    legal_name: z.nullable(z.string()),
    address: z.nullable(z.string()),
    country: z.nullable(z.string()),
  }),
  buyer: z.object(party),
  order: z.object({ id: z.uuid(), number: z.int(), paid_at: z.string() }),
  /** The invoice that a credit note takes back from. */
  corrects: z.nullable(z.object({ id: z.uuid(), number: z.int() })),
  lines: z.array(line),
  subtotal_amount: z.int(),
  discount_amount: z.int(),
  total_amount: z.int(),
  currency: z.string(),
})
export type InvoiceDocument = z.output<typeof invoiceDocument>
export type InvoiceLine = z.output<typeof line>
