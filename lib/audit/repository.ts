import type { Db } from '../db/client.ts'
import type { AuditEvent, ListAudit } from './schemas.ts'

export type AuditFilter = Omit<ListAudit, 'limit' | 'cursor'>

/** Where a page goes on: after the event of this time and id. */
export type AuditPosition = readonly [at: string, id: string]

/** Newest first. The time comes first in each index, and decides which months are read at all. */
export async function listAuditEvents(
  db: Db,
  { actor, user, action, outcome, target, from, to }: AuditFilter,
  after: AuditPosition | undefined,
  limit: number,
): Promise<AuditEvent[]> {
  return db<AuditEvent[]>`
    select id, at, action, outcome, actor_id, user_id, target, session_id, ip, user_agent, request_id, details
    from audit_events
    where true
      ${actor === undefined ? db`` : db`and actor_id = ${actor}`}
      ${user === undefined ? db`` : db`and user_id = ${user}`}
      ${action === undefined ? db`` : db`and action = ${action}`}
      ${outcome === undefined ? db`` : db`and outcome = ${outcome}`}
      ${target === undefined ? db`` : db`and target = ${target}`}
      ${from === undefined ? db`` : db`and at >= ${from}`}
      ${to === undefined ? db`` : db`and at < ${to}`}
      ${after === undefined ? db`` : db`and (at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    order by at desc, id desc
    limit ${limit}
  `
}
