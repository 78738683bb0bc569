import type { Db } from '../../db/client.ts'
import { earlier } from '../../time.ts'
import { failureStages, freshMs, leastSpanMs } from './health.ts'

export async function noteDisabled(tx: Db, id: string, reason: 'failing' | 'gone', now: Date): Promise<void> {
  await tx`
    update webhook_endpoints
    set
      status = 'disabled', disabled_reason = ${reason}, disabled_at = ${now}, updated_at = ${now},
      revision = revision + 1
    where id = ${id}
  `
}

export async function noteNotice(tx: Db, id: string, number: number): Promise<void> {
  await tx`update webhook_endpoints set failure_notices = ${number} where id = ${id}`
}

/** The latest of its deliveries that anything was tried of. */
export async function findLastTried(db: Db, endpointId: string): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    select id from webhook_deliveries
    where endpoint_id = ${endpointId} and attempt_count > 0
    order by created_at desc, id desc
    limit 1
  `
  return row?.id
}

/** As `dueStage` has it. */
export async function listTroubled(db: Db, now: Date, limit: number): Promise<string[]> {
  const reached = failureStages.map(
    ({ notice, failingMs }, number) => db`
      (failure_notices = ${number} and first_failure_at <= ${earlier(now, failingMs)}
        ${notice === 'disabled' ? db`and last_failure_at >= ${earlier(now, freshMs)}` : db``})
    `,
  )
  const rows = await db<{ id: string }[]>`
    select id from webhook_endpoints
    where status = 'enabled' and first_failure_at <= ${earlier(now, failureStages[0]!.failingMs)}
      and last_failure_at - first_failure_at >= ${leastSpanMs}::int * interval '1 millisecond'
      and (${reached[0]!} or ${reached[1]!} or ${reached[2]!})
    order by first_failure_at
    limit ${limit}
  `
  return rows.map(({ id }) => id)
}
