import type { ReadPage, Row } from './personal-data.ts'

/** What is sealed stays so: secrets, and what headers are set to. */
const readEndpoints: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, url, description, event_types, filter, header_names, metadata, rate_per_second, api_version, status,
    disabled_reason, disabled_at, created_at, updated_at
  from webhook_endpoints
  where account_id = ${user_id} and deleted_at is null and id > ${after}
  order by id
  limit ${limit}
`

const readDeliveries: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select d.id, d.endpoint_id, d.event_id, d.event_type, d.status, d.attempt_count, d.created_at, d.ended_at
  from webhook_deliveries d
  join webhook_endpoints e on e.id = d.endpoint_id
  where e.account_id = ${user_id} and e.deleted_at is null and d.id > ${after}
  order by d.id
  limit ${limit}
`

const readEvents: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, type, api_version, created_at, sequence, data
  from public_events
  where account_id = ${user_id} and not is_test and id > ${after}
  order by id
  limit ${limit}
`

/** Where the user has events sent, and what they were told by them. */
export const webhookData: Readonly<Record<string, ReadPage>> = {
  'webhook-endpoints.json': readEndpoints,
  'webhook-deliveries.json': readDeliveries,
  'events.json': readEvents,
}
