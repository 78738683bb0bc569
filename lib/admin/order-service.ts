import * as z from 'zod/mini'
import type { Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { listAllOrders } from './order-repository.ts'
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
})
