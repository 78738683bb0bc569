import type { Db } from '../../db/client.ts'
import type { PublicEventRow } from '../../public-events/envelope.ts'

export const listEvents = (db: Db, ids: readonly string[]) => db<PublicEventRow[]>`
  select id, account_id, type, api_version, created_at, resource_id, sequence, data, request_id
  from public_events
  where id = any(${ids}::uuid[])
`

interface SealedDestination {
  readonly id: string
  readonly url: string
  readonly sealed_headers: string | null
}

export const listDestinations = (db: Db, ids: readonly string[]) => db<SealedDestination[]>`
  select id, url, sealed_headers from webhook_endpoints where id = any(${ids}::uuid[])
`
