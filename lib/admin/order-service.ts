import * as z from 'zod/mini'
import type { Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { hasOrder, listAllOrders, listOrderEntries } from './order-repository.ts'
import type { ListAllOrders } from './order-schemas.ts'

export type AdminOrderService = ReturnType<typeof createAdminOrderService>

const cursorValues = z.tuple([micros, z.uuid()])

/** Everybody's orders, for whoever runs the platform. */
export const createAdminOrderService = ({ sql }: { readonly sql: Sql }) => ({
  async list({ limit, cursor, ...filter }: ListAllOrders) {
    const scope = `orders:${JSON.stringify(Object.entries(filter).toSorted())}`
    const after = cursor === undefined ? undefined : decodeCursor(scope, cursor, cursorValues)
    const rows = await listAllOrders(sql, filter, after, limit + 1)
    return toPage(rows, limit, ({ micros, id }) => encodeCursor(scope, [micros, id]))
  },

  /** All that an order has moved, in every account. */
  listEntries: (orderId: string, query: PageQuery) =>
    pageById(`order-entries:${orderId}`, query, async (after, limit) => {
      if (!(await hasOrder(sql, orderId))) throw new AppError('not_found')
      return listOrderEntries(sql, orderId, { after, limit })
    }),
})
