import * as z from 'zod/mini'
import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { micros } from '../../db/micros.ts'
import { AppError } from '../../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../../http/cursor.ts'
import { resend } from '../deliveries/attempt-now.ts'
import type { Dispatcher } from '../deliveries/dispatch.ts'
import { mustBeEnabled } from '../endpoints/rules.ts'
import { readEndpoint } from '../endpoints/viewing.ts'
import {
  type DeliveryRow,
  findDelivery,
  listAttempts,
  listDeliveries,
  listWholeAttempts,
  lockEndpointOf,
} from './repository.ts'
import type { Delivery, ListDeliveries, WholeDelivery } from './schemas.ts'

const position = z.tuple([micros, z.uuid()])

export interface DeliveryReadingDependencies {
  readonly sql: Sql
  readonly dispatcher: Pick<Dispatcher, 'dispatchSoon'>
  readonly now?: () => Date
}

export type DeliveryReading = ReturnType<typeof createDeliveryReading>

/** What became of the webhooks of an endpoint, and sending one of them again. */
export function createDeliveryReading({
  sql,
  dispatcher,
  now = () => new Date(),
}: DeliveryReadingDependencies) {
  const read = async (actor: Actor, id: string): Promise<WholeDelivery> => {
    const row = await findDelivery(sql, actor.id, id)
    if (!row) throw new AppError('not_found')
    return { ...row, attempts: await listWholeAttempts(sql, id) }
  }

  return {
    async list(actor: Actor, endpointId: string, { limit, cursor, ...filter }: ListDeliveries) {
      await readEndpoint(sql, actor.id, endpointId, now())
      const scope = `webhook_deliveries:${endpointId}:${JSON.stringify(Object.entries(filter).toSorted())}`
      const after = cursor === undefined ? undefined : decodeCursor(scope, cursor, position)
      const rows = await listDeliveries(sql, endpointId, filter, after, limit + 1)
      const { data, ...rest } = toPage(rows, limit, ({ micros, id }) => encodeCursor(scope, [micros, id]))
      return { ...rest, data: await withAttempts(sql, data) }
    },

    get: read,

    /** At once, and then by the whole schedule of retries if need be; the receiver knows the event by its id. */
    async resend(actor: Actor, id: string): Promise<WholeDelivery> {
      const endpoint = await sql.begin(async (tx) => {
        const endpoint = await lockEndpointOf(tx, actor.id, id)
        if (!endpoint) throw new AppError('not_found')
        mustBeEnabled(endpoint)
        await resend(tx, id, now())
        return endpoint
      })
      await dispatcher.dispatchSoon({ endpoint_ids: [endpoint.id] })
      return read(actor, id)
    },
  }
}

async function withAttempts(sql: Sql, rows: readonly DeliveryRow[]): Promise<Delivery[]> {
  const ids = rows.map(({ id }) => id)
  const attempts = ids.length === 0 ? [] : await listAttempts(sql, ids)
  const byDelivery = Map.groupBy(attempts, ({ delivery_id }) => delivery_id)
  return rows.map((row) => ({ ...row, attempts: byDelivery.get(row.id) ?? [] }))
}
