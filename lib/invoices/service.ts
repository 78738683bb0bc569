import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import { findInvoice, listInvoices } from './repository.ts'
import type { InvoicesQuery } from './schemas.ts'

export type InvoiceService = ReturnType<typeof createInvoiceService>

/** Invoices and credit notes, for both who are named in them. */
export const createInvoiceService = ({ sql }: { readonly sql: Sql }) => ({
  list: ({ id: user_id }: Pick<Actor, 'id'>, { role, ...query }: InvoicesQuery) =>
    pageById(`invoices:${role}:${user_id}`, query, (before, limit) =>
      listInvoices(sql, { role, user_id, before, limit }),
    ),

  async get(actor: Pick<Actor, 'id'>, id: string) {
    const invoice = await findInvoice(sql, id, actor.id)
    if (!invoice) throw new AppError('not_found')
    return invoice
  },
})
