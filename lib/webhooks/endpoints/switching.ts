import { randomUUID } from 'node:crypto'
import type { Transaction } from '../../db/client.ts'
import { insertPublicEvent } from '../../public-events/insert.ts'
import { fanOut } from '../deliveries/fan-out.ts'
import { disableEndpoint, type EndpointRow, enableEndpoint, endPending, findEndpoint } from './repository.ts'

interface Switch {
  readonly accountId: string
  readonly id: string
  readonly requestId: string
}

/** The endpoint begins anew. The transaction has locked it. */
export async function switchOn(tx: Transaction, { id }: Switch, now: Date): Promise<undefined> {
  await enableEndpoint(tx, id, now)
}

/**
 * Nothing more is sent, and nothing waits for it. The owner's other endpoints are told of it: answers with the event,
 * where there was one. The transaction has locked the account and, behind it, the endpoint.
 */
export async function switchOff(tx: Transaction, { accountId, id, requestId }: Switch, now: Date) {
  await disableEndpoint(tx, id, now)
  await endPending(tx, id, now)
  const endpoint = (await findEndpoint(tx, accountId, id, now))!
  const event = await insertPublicEvent(tx, {
    account_id: accountId,
    source_id: randomUUID(),
    type: 'webhook.endpoint.disabled',
    resource_id: id,
    data: dataOf(endpoint, now),
    request_id: requestId,
    created_at: now,
  })
  if (event) await fanOut(tx, [event], now)
  return event?.id
}

function dataOf(endpoint: EndpointRow, disabled_at: Date) {
  const { id, url, description, first_failure_at, last_failure_at, failures_in_row } = endpoint
  const failures = { first_failure_at, last_failure_at, failures_in_row }
  return {
    endpoint: { id, url, description },
    reason: 'owner' as const,
    disabled_at,
    ...failures,
    event: null,
  }
}
