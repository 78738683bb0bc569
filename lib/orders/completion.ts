import type { LoadKeys } from '../auth/key-ring.ts'
import type { Sql } from '../db/client.ts'
import { issueInvoices } from '../invoices/issuing.ts'
import { createIssuer } from '../licenses/issuing.ts'
import { addToOutbox } from '../outbox.ts'
import { lockOrder, markCompleted } from './repository.ts'

export interface CompletionDependencies {
  readonly sql: Sql
  readonly licenseKeys: LoadKeys
  readonly settings: { readonly apiUrl: string }
  readonly now?: () => Date
}

/** Gives the buyer what was paid for, once. */
export function createCompletion(dependencies: CompletionDependencies) {
  const { sql, licenseKeys, settings, now = () => new Date() } = dependencies
  const issuer = createIssuer({ licenseKeys, apiUrl: settings.apiUrl })

  return async (order_id: string): Promise<void> => {
    const [waiting] = await sql`
      select from orders where id = ${order_id} and status = 'paid' and end_reason is null
    `
    if (!waiting) return
    const issueLicenses = await issuer.prepare()
    await sql.beginIdempotent(async (tx) => {
      const order = await lockOrder(tx, order_id)
      if (order?.status !== 'paid' || order.end_reason) return
      await issueLicenses(tx, order_id, now())
      await markCompleted(tx, order_id, now())
      await addToOutbox(tx, 'order.completed', { order_id })
      await issueInvoices(tx, order_id, now())
    })
  }
}
