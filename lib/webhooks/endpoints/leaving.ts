import type { Db } from '../../db/client.ts'
import { endPending } from './repository.ts'
import { deleteOldSecrets } from './secrets-repository.ts'

/** Within the transaction that ends the account. */
export async function endWebhooksOf(tx: Db, accountId: string, now: Date): Promise<void> {
  const rows = await tx<{ id: string }[]>`
    select id from webhook_endpoints where account_id = ${accountId} and deleted_at is null order by id for update
  `
  for (const { id } of rows) await removeEndpoint(tx, id, now)
}

/** Of one that the transaction has locked. What it was sent may be much, and goes a part at a time. */
export async function removeEndpoint(tx: Db, id: string, now: Date): Promise<void> {
  await tx`
    update webhook_endpoints
    set status = 'disabled', disabled_reason = 'owner', disabled_at = ${now}, deleted_at = ${now}, updated_at = ${now},
      url = '-', description = '', metadata = '{}', header_names = '{}', sealed_headers = null, sealed_secret = '',
      revision = revision + 1
    where id = ${id}
  `
  await deleteOldSecrets(tx, id)
  await endPending(tx, id, now)
}

const rowsAtOnce = 1_000
const endpointsAtOnce = 100

/** What was sent to endpoints that are gone. */
export async function deleteSentToRemoved(db: Db): Promise<number> {
  const { count } = await db`
    delete from webhook_deliveries
    where id in (
      select d.id from webhook_deliveries d
      join webhook_endpoints e on e.id = d.endpoint_id
      where e.deleted_at is not null
      limit ${rowsAtOnce}
      for update of d skip locked
    )
  `
  return count
}

/** The endpoints themselves, once nothing hangs on them any more. */
export async function deleteRemoved(db: Db): Promise<number> {
  const { count } = await db`
    delete from webhook_endpoints
    where id in (
      select e.id from webhook_endpoints e
      where e.deleted_at is not null
        and not exists (select from webhook_deliveries d where d.endpoint_id = e.id)
      limit ${endpointsAtOnce}
      for update skip locked
    )
  `
  return count
}

/** Old secrets that sign nothing any more. */
export async function deleteExpiredSecrets(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    delete from webhook_old_secrets
    where id in (
      select id from webhook_old_secrets where expires_at <= ${now} limit ${rowsAtOnce} for update skip locked
    )
  `
  return count
}
