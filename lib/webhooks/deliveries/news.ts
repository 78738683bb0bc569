import type { Sql, Transaction } from '../../db/client.ts'
import type { Jobs } from '../../event-consumer.ts'
import { addToOutbox, type OutboxRelay } from '../../outbox.ts'
import type { PublicEventRow } from '../../public-events/envelope.ts'
import { insertPublicEvent } from '../../public-events/insert.ts'
import type { Dispatcher } from './dispatch.ts'
import { fanOut } from './fan-out.ts'
import {
  type EndpointNews,
  type FailedDelivery,
  findEndpointNews,
  findFailedDelivery,
} from './news-repository.ts'
import type { WebhookTrouble } from './trouble.ts'

export interface WebhookNewsDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly dispatcher: Pick<Dispatcher, 'dispatchSoon'>
  readonly now?: () => Date
}

/** Tells the owner of an endpoint of its trouble, by their other endpoints, in the application and by mail. */
export function createWebhookNews({
  sql,
  relay,
  dispatcher,
  now = () => new Date(),
}: WebhookNewsDependencies): Pick<Jobs, 'webhook.trouble'> {
  return {
    async 'webhook.trouble'(trouble, eventId) {
      const event = await sql.beginIdempotent((tx) => tell(tx, trouble, eventId, now()))
      if (!event) return
      await relay.flushSoon()
      await dispatcher.dispatchSoon({ event_ids: [event.id] })
    },
  }
}

/** Nothing is told that is no longer so. */
async function tell(
  tx: Transaction,
  { endpoint_id, trouble, delivery_id }: WebhookTrouble,
  id: string,
  now: Date,
) {
  const endpoint = await findEndpointNews(tx, endpoint_id)
  const delivery = delivery_id === null ? undefined : await findFailedDelivery(tx, delivery_id)
  if (!endpoint) return undefined
  const about = {
    account_id: endpoint.account_id,
    source_id: id,
    resource_id: endpoint_id,
    request_id: null,
    created_at: now,
  }
  const event = await insertTrouble(tx, about, { trouble, endpoint, delivery })
  if (!event) return undefined
  await fanOut(tx, [event], now, { except: endpoint_id })
  if (trouble !== 'exhausted') await notify(tx, endpoint, trouble)
  return event
}

type About = Omit<Parameters<typeof insertPublicEvent>[1], 'type' | 'data'>

interface Facts {
  readonly trouble: WebhookTrouble['trouble']
  readonly endpoint: EndpointNews
  readonly delivery: FailedDelivery | undefined
}

async function insertTrouble(
  tx: Transaction,
  about: About,
  { trouble, endpoint, delivery }: Facts,
): Promise<PublicEventRow | undefined> {
  const { id, url, description, first_failure_at, last_failure_at, failures_in_row } = endpoint
  const named = { endpoint: { id, url, description } }
  const failures = { first_failure_at, last_failure_at, failures_in_row }
  if (trouble === 'exhausted') {
    if (!delivery) return undefined
    const { event, status_code, error, attempt_count } = delivery
    const data = { ...named, delivery: { id: delivery.id, attempt_count }, event, status_code, error }
    return insertPublicEvent(tx, { ...about, type: 'webhook.attempt.exhausted', data })
  }
  if (trouble === 'failing' || trouble === 'still_failing') {
    if (!first_failure_at) return undefined
    return insertPublicEvent(tx, {
      ...about,
      type: 'webhook.endpoint.failing',
      data: { ...named, ...failures },
    })
  }
  const { disabled_at, disabled_reason: reason } = endpoint
  if (!disabled_at || !reason || reason === 'owner') return undefined
  const data = { ...named, ...failures, reason, disabled_at, event: delivery?.event ?? null }
  return insertPublicEvent(tx, { ...about, type: 'webhook.endpoint.disabled', data })
}

type Told = Exclude<WebhookTrouble['trouble'], 'exhausted'>

async function notify(
  tx: Transaction,
  { id: endpoint_id, account_id: user_id }: EndpointNews,
  trouble: Told,
) {
  const happening = { kind: 'webhook', recipient_id: user_id, actor_id: null, endpoint_id } as const
  await addToOutbox(tx, 'notification.add', happening)
  await addToOutbox(tx, 'mail.webhook_notice', { endpoint_id, user_id, trouble })
}
