import type { Db, Sql } from '../../db/client.ts'
import { addToOutbox } from '../../outbox.ts'
import { findLastTried, listTroubled, noteDisabled, noteNotice } from './disabling-repository.ts'
import { dueStage } from './health.ts'
import { type EndpointState, lockEndpoint } from './results-repository.ts'

/** Has its owner told how long an endpoint has failed, and disables it in the end. The caller holds its lock. */
export async function judge(tx: Db, endpoint: EndpointState, now: Date): Promise<boolean> {
  const stage = endpoint.status === 'enabled' ? dueStage(endpoint, now) : undefined
  if (!stage) return false
  if (stage.notice === 'disabled') await noteDisabled(tx, endpoint.id, 'failing', now)
  else await noteNotice(tx, endpoint.id, stage.number)
  await tellOf(tx, endpoint.id, stage.notice)
  return true
}

/** It said that it will never take anything again. */
export async function disableGone(tx: Db, endpoint: EndpointState, now: Date): Promise<boolean> {
  if (endpoint.status !== 'enabled') return false
  await noteDisabled(tx, endpoint.id, 'gone', now)
  await tellOf(tx, endpoint.id, 'gone')
  return true
}

async function tellOf(
  tx: Db,
  endpoint_id: string,
  trouble: 'failing' | 'still_failing' | 'disabled' | 'gone',
) {
  const delivery_id = (await findLastTried(tx, endpoint_id)) ?? null
  await addToOutbox(tx, 'webhook.trouble', { endpoint_id, trouble, delivery_id })
}

const atOnce = 50

/** Those that are not being tried just now have their day too. */
export async function judgeTroubled(sql: Sql, now: Date): Promise<number> {
  const ids = await listTroubled(sql, now, atOnce)
  for (const id of ids) {
    await sql.beginIdempotent(async (tx) => {
      const endpoint = await lockEndpoint(tx, id)
      if (endpoint) await judge(tx, endpoint, now)
    })
  }
  return ids.length
}

const pendingAtOnce = 1_000

/** Nothing waits for an endpoint that takes nothing; a recovery finds it once that is enabled again. */
export async function endPendingOfDisabled(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    with waiting as (
      select d.id
      from webhook_endpoints e
      join webhook_deliveries d on d.endpoint_id = e.id and d.status = 'pending'
      where e.status = 'disabled'
      limit ${pendingAtOnce}
    )
    update webhook_deliveries d
    set status = 'failed', next_attempt_at = null, ended_at = ${now}
    from waiting w
    where d.id = w.id and d.status = 'pending'
  `
  return count
}
