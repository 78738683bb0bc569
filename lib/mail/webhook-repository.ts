import type { Db } from '../db/client.ts'
import type { WebhookFacts } from './webhook-letters.ts'

/** An endpoint of the user's, and what the last attempt at it came to. */
export async function findWebhookFacts(
  db: Db,
  userId: string,
  endpointId: string,
): Promise<WebhookFacts | undefined> {
  const [row] = await db<[WebhookFacts?]>`
    select
      e.id, e.url, e.description, e.first_failure_at, e.last_failure_at, e.failures_in_row, e.disabled_at,
      last.event_type, last.status_code, last.error
    from webhook_endpoints e
    left join lateral (
      select d.event_type, a.status_code, a.error
      from webhook_deliveries d
      join webhook_attempts a on a.delivery_id = d.id and a.number = d.attempt_count
      where d.endpoint_id = e.id
      order by d.created_at desc, d.id desc
      limit 1
    ) last on true
    where e.id = ${endpointId} and e.account_id = ${userId} and e.deleted_at is null
  `
  return row
}
