import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { listAuditEvents } from './repository.ts'
import type { AuditEvent, ListAudit } from './schemas.ts'

export type AuditService = ReturnType<typeof createAuditService>

const cursorValues = z.tuple([micros, z.uuid()])

/** Reads the audit trail; `recordAudit` writes it. */
export function createAuditService({ sql }: { readonly sql: Sql }) {
  const list = async ({ limit, cursor, ...filter }: ListAudit) => {
    const scope = `audit:${JSON.stringify(Object.entries(filter).toSorted())}`
    const after = cursor === undefined ? undefined : decodeCursor(scope, cursor, cursorValues)
    const rows = await listAuditEvents(sql, filter, after, limit + 1)
    return toPage(rows, limit, ({ micros, id }) => encodeCursor(scope, [micros, id]))
  }

  return {
    list,

    /** What concerns the caller's own account, whoever did it; where an admin was is the admin's affair. */
    async listOwn({ id }: Actor, page: Pick<ListAudit, 'limit' | 'cursor'>) {
      const { data, ...rest } = await list({ ...page, user: id })
      return { ...rest, data: data.map((event) => (isByOther(event, id) ? withoutOrigin(event) : event)) }
    },
  }
}

const isByOther = ({ actor_id }: AuditEvent, id: string) => actor_id !== null && actor_id !== id

const withoutOrigin = (event: AuditEvent) => ({ ...event, ip: null, user_agent: '', session_id: null })
