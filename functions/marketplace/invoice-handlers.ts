import type { Handlers } from '../../lib/http/route.ts'
import { renderInvoice } from '../../lib/invoices/invoice-pdf.ts'
import type { InvoiceService } from '../../lib/invoices/service.ts'
import type { invoiceRoutes } from './invoice-routes.ts'
import { replyDocument } from './pdf-reply.ts'

/** Invoices never change, so that each has one revision. */
const revision = 1

export function createInvoiceHandlers(invoices: InvoiceService): Handlers<typeof invoiceRoutes> {
  return {
    listInvoices: ({ actor, query }) => invoices.list(actor, query),
    getInvoice: async ({ actor, params, headers }) => {
      const invoice = await invoices.get(actor, params.invoice_id)
      return replyDocument(headers, {
        name: `${invoice.kind}-${invoice.number}`,
        revision,
        json: invoice,
        render: () => renderInvoice(invoice.document),
      })
    },
  }
}
