import type { Db } from '../../db/client.ts'
import type { PublicEventRow } from '../../public-events/envelope.ts'
import { insertDeliveries, listEnabled } from './repository.ts'
import { wants } from './wishes.ts'

type Event = Pick<PublicEventRow, 'id' | 'account_id' | 'type' | 'data'>

/**
 * Has events sent to the endpoints of their accounts that want them, in the transaction that writes the events; answers
 * how often. Once it has ended well, `dispatchSoon` sends them. An endpoint is not told of itself what it cannot take.
 */
export async function fanOut(
  tx: Db,
  events: readonly Event[],
  now: Date,
  { except }: { readonly except?: string } = {},
): Promise<number> {
  const accountIds = [...new Set(events.map(({ account_id }) => account_id))]
  const endpoints = accountIds.length === 0 ? [] : await listEnabled(tx, accountIds)
  const deliveries = events.flatMap((event) =>
    endpoints
      .filter(({ id, account_id }) => id !== except && account_id === event.account_id)
      .filter((endpoint) => wants(endpoint, event))
      .map((endpoint) => toDelivery(endpoint.id, event)),
  )
  return (await insertDeliveries(tx, deliveries, now)).length
}

/** Has an event sent to one endpoint, whatever that has asked for; answers with the id of the delivery. */
export async function deliverTo(
  tx: Db,
  endpointId: string,
  event: Pick<Event, 'id' | 'type'>,
  now: Date,
): Promise<string> {
  const [delivery] = await insertDeliveries(tx, [toDelivery(endpointId, event)], now)
  if (!delivery) throw new Error(`The endpoint ${endpointId} has the event ${event.id} already`)
  return delivery.id
}

const toDelivery = (endpoint_id: string, { id: event_id, type: event_type }: Pick<Event, 'id' | 'type'>) => ({
  endpoint_id,
  event_id,
  event_type,
})
