import type { Db } from '../../db/client.ts'
import type { CreateEndpoint, Endpoint } from './schemas.ts'

export type EndpointRow = Omit<Endpoint, 'recovery'>

const columns = (db: Db, now: Date) => db`
  e.id, e.url, e.description, e.event_types, e.filter, e.header_names, e.metadata, e.rate_per_second, e.api_version,
  e.status, e.disabled_reason, e.disabled_at, e.failures_in_row, e.first_failure_at, e.last_failure_at,
  e.last_success_at, e.revision, e.created_at, e.updated_at,
  array(
    select o.expires_at from webhook_old_secrets o
    where o.endpoint_id = e.id and o.expires_at > ${now}
    order by o.id desc
  ) as old_secrets_expire_at
`

export async function findEndpoint(db: Db, accountId: string, id: string, now: Date) {
  const [row] = await db<[EndpointRow?]>`
    select ${columns(db, now)} from webhook_endpoints e
    where e.id = ${id} and e.account_id = ${accountId} and e.deleted_at is null
  `
  return row
}

interface EndpointPlace {
  /** Only endpoints older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export const listEndpoints = (db: Db, accountId: string, { before, limit }: EndpointPlace, now: Date) => db<
  EndpointRow[]
>`
  select ${columns(db, now)} from webhook_endpoints e
  where e.account_id = ${accountId} and e.deleted_at is null ${before === undefined ? db`` : db`and e.id < ${before}`}
  order by e.id desc
  limit ${limit}
`

/** Its account's others are counted under the lock of the account. */
export async function countEndpoints(tx: Db, accountId: string): Promise<number> {
  const [row] = await tx<[{ count: number }]>`
    select count(*)::int as count from webhook_endpoints where account_id = ${accountId} and deleted_at is null
  `
  return row.count
}

export interface Sealed {
  readonly header_names: readonly string[]
  readonly sealed_headers: string | null
  readonly sealed_secret: string
}

export type NewEndpoint = Omit<CreateEndpoint, 'headers' | 'secret'> &
  Sealed & { readonly account_id: string; readonly api_version: string }

export async function insertEndpoint(tx: Db, endpoint: NewEndpoint, now: Date): Promise<string> {
  const { filter, metadata, header_names, ...rest } = endpoint
  const isDisabled = endpoint.status === 'disabled'
  const values = {
    ...rest,
    header_names: [...header_names],
    filter: filter && tx.json(filter),
    metadata: tx.json(metadata),
    disabled_reason: isDisabled ? 'owner' : null,
    disabled_at: isDisabled ? now : null,
    created_at: now,
    updated_at: now,
  }
  const [row] = await tx<[{ id: string }]>`insert into webhook_endpoints ${tx(values)} returning id`
  return row.id
}

export interface LockedEndpoint {
  readonly id: string
  readonly status: Endpoint['status']
  readonly sealed_secret: string
  readonly revision: number
}

export async function lockEndpoint(tx: Db, accountId: string, id: string) {
  const [row] = await tx<[LockedEndpoint?]>`
    select id, status, sealed_secret, revision from webhook_endpoints
    where id = ${id} and account_id = ${accountId} and deleted_at is null
    for no key update
  `
  return row
}

type Changeable = Pick<
  NewEndpoint,
  'url' | 'description' | 'event_types' | 'filter' | 'metadata' | 'rate_per_second'
> &
  Sealed
export type EndpointChanges = { readonly [K in keyof Changeable]?: Changeable[K] | undefined }

export async function changeEndpoint(tx: Db, id: string, changes: EndpointChanges, now: Date): Promise<void> {
  const { filter, metadata, header_names, ...rest } = changes
  const values = {
    ...rest,
    ...(filter !== undefined && { filter: filter && tx.json(filter) }),
    ...(metadata && { metadata: tx.json(metadata) }),
    ...(header_names && { header_names: [...header_names] }),
    updated_at: now,
  }
  await tx`update webhook_endpoints set ${tx(values)}, revision = revision + 1 where id = ${id}`
}

/** It begins anew: what it failed at before is forgotten. */
export async function enableEndpoint(tx: Db, id: string, now: Date): Promise<void> {
  await tx`
    update webhook_endpoints
    set status = 'enabled', disabled_reason = null, disabled_at = null, first_failure_at = null,
      last_failure_at = null, failures_in_row = 0, failure_notices = 0, updated_at = ${now}, revision = revision + 1
    where id = ${id}
  `
}

export async function disableEndpoint(tx: Db, id: string, now: Date): Promise<void> {
  await tx`
    update webhook_endpoints
    set status = 'disabled', disabled_reason = 'owner', disabled_at = ${now}, updated_at = ${now},
      revision = revision + 1
    where id = ${id}
  `
}

/** More than that is left to the sweep that ends what waits for endpoints that take nothing. */
const mostEndedAtOnce = 1_000

/** Nothing waits for an endpoint that takes nothing: once it is enabled again, a recovery finds what it missed. */
export async function endPending(tx: Db, endpointId: string, now: Date): Promise<void> {
  await tx`
    update webhook_deliveries set status = 'failed', next_attempt_at = null, ended_at = ${now}
    where id in (
      select id from webhook_deliveries
      where endpoint_id = ${endpointId} and status = 'pending'
      order by id
      limit ${mostEndedAtOnce}
      for update
    )
  `
}
