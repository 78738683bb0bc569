import { defineRoutes } from '../../lib/http/route.ts'
import { invoice, invoicePage, invoiceParams, invoicesQuery } from '../../lib/invoices/schemas.ts'

export const invoiceRoutes = defineRoutes({
  listInvoices: {
    method: 'GET',
    path: '/api/v1/marketplace/invoices',
    auth: 'user',
    policy: { permission: 'market.buy', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the invoices and credit notes made out to you, or by you, newest first',
    query: invoicesQuery,
    status: 200,
    response: invoicePage,
    problems: [],
  },
  getInvoice: {
    method: 'GET',
    path: '/api/v1/marketplace/invoices/{invoice_id}',
    auth: 'user',
    policy: { permission: 'market.buy', reach: 'own', limit: 'download', step_up: false },
    summary: 'Read an invoice or a credit note that names you, or have it as a PDF',
    params: invoiceParams,
    status: 200,
    response: invoice,
    alternative: 'application/pdf',
    problems: [],
  },
})
