import type { Db } from '../../db/client.ts'

/**
 * Whatever changes the state of deliveries holds the lock of their endpoint: so what is in flight there can be counted,
 * and what it is told of them follows one after the other. Deliveries may be added meanwhile.
 */
export async function lockEndpoints(tx: Db, ids: readonly string[]): Promise<void> {
  await tx`
    select from webhook_endpoints where id = any(${ids}::uuid[]) order by id for no key update
  `
}

/** None where the delivery is gone. */
export async function lockEndpointOf(tx: Db, deliveryId: string): Promise<string | undefined> {
  const [row] = await tx<[{ id: string }?]>`
    select id from webhook_endpoints
    where id = (select endpoint_id from webhook_deliveries where id = ${deliveryId})
    for no key update
  `
  return row?.id
}
