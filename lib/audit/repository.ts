import type { Db } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import { idOf } from '../users/who.ts'
import type { AuditEvent, ListAudit } from './schemas.ts'

export type AuditFilter = Omit<ListAudit, 'limit' | 'cursor'>

/** Where a page goes on: after the event of this time, in microseconds, and id. */
export type AuditPosition = readonly [micros: number, id: string]

export type AuditRow = AuditEvent & { readonly micros: number }

/** Newest first. The time comes first in each index, and decides which months are read at all. */
export async function listAuditEvents(
  db: Db,
  { actor, user, action, outcome, target, from, to }: AuditFilter,
  after: AuditPosition | undefined,
  limit: number,
): Promise<AuditRow[]> {
  return db<AuditRow[]>`
    select
      id, at, ${toMicros(db, db`at`)} as micros, action, outcome, actor_id, user_id, coalesce(target, 'user:' || user_id) as target, session_id,
      ip, user_agent, request_id, details
    from audit_events
    where true
      ${actor === undefined ? db`` : db`and actor_id = ${idOf(db, actor)}`}
      ${user === undefined ? db`` : db`and user_id = ${idOf(db, user)}`}
      ${action === undefined ? db`` : db`and action = ${action}`}
      ${outcome === undefined ? db`` : db`and outcome = ${outcome}`}
      ${target === undefined ? db`` : isTarget(db, target)}
      ${from === undefined ? db`` : db`and at >= ${from}`}
      ${to === undefined ? db`` : db`and at < ${to}`}
      ${after === undefined ? db`` : db`and ${isOlder(db, { at: db`at`, id: db`id` }, { at: after[0], id: after[1] })}`}
    order by at desc, id desc
    limit ${limit}
  `
}

/** What is done to an account has it as its target, where it names no other. */
function isTarget(db: Db, target: string) {
  const user = target.replace(/^user:/, '')
  if (target.includes(':') && user === target) return db`and target = ${target}`
  return db`and user_id = ${idOf(db, user)} and target is null`
}
