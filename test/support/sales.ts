import type { LoadKeys } from '../../lib/auth/key-ring.ts'
import type { Sql } from '../../lib/db/client.ts'
import { issueInvoices } from '../../lib/invoices/issuing.ts'
import { createIssuer } from '../../lib/licenses/issuing.ts'
import { apiUrl, type ItemOptions, seedItem, seedPaidOrder } from './paid-orders.ts'
import type { Person } from './social.ts'

export interface SaleOptions extends Partial<ItemOptions> {
  readonly seller: Person
  readonly buyer: Person
  readonly licenseKeys: LoadKeys
  readonly now?: Date
}

/** An item that is sold, with its licence and its invoice. */
export async function sell(sql: Sql, { buyer, licenseKeys, now = new Date(), ...options }: SaleOptions) {
  const order = await seedPaidOrder(sql, buyer, [await seedItem(sql, options)], now)
  const issueLicenses = await createIssuer({ licenseKeys, apiUrl }).prepare()
  return sql.begin(async (tx) => {
    const [license] = await issueLicenses(tx, order.id, now)
    const [invoice_id] = await issueInvoices(tx, order.id, now)
    const [row] = await tx<
      [{ serial: string }]
    >`select serial from licenses where id = ${license!.license_id}`
    return {
      order_id: order.id,
      item_id: order.item_ids[0]!,
      license_id: license!.license_id,
      invoice_id: invoice_id!,
      serial: row.serial,
    }
  })
}
