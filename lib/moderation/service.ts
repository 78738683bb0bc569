import * as z from 'zod/mini'
import type { AdminService } from '../admin/service.ts'
import { type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import type { Happening } from '../notifications/kinds.ts'
import { addAllToOutbox, type OutboxRelay } from '../outbox.ts'
import {
  type CaseRow,
  findCase,
  hasComment,
  listCases,
  listEdits,
  listEntries,
  markResolved,
  settleReports,
} from './cases-repository.ts'
import { takeEffect } from './effects.ts'
import type { Action, ListReports, ResolveReport } from './schemas.ts'

export interface ModerationDependencies {
  readonly sql: Sql
  readonly admin: Pick<AdminService, 'suspendWithin'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type ModerationService = ReturnType<typeof createModerationService>

const casePosition = z.tuple([micros, z.uuid()])

/** What moderators do with what was reported. Nobody judges a report about themselves, or reads who made it. */
export function createModerationService(dependencies: ModerationDependencies) {
  const { sql, admin, relay, now = () => new Date() } = dependencies

  const find = async (db: Db, actor: Actor, caseId: string, options = {}): Promise<CaseRow> => {
    const row = await findCase(db, caseId, options)
    if (!row) throw new AppError('not_found')
    if (row.user_id === actor.id) throw new AppError('forbidden', 'This is about you')
    return row
  }

  const resolve = async (tx: Db, actor: Actor, caseId: string, given: ResolveReport, origin: Origin) => {
    const { action, note, until } = given
    const at = now()
    const row = await find(tx, actor, caseId, { isLocked: true })
    if (!mayResolve(row, action)) throw new AppError('conflict', 'It is resolved already')
    if (action === 'suspend')
      await admin.suspendWithin(tx, actor, row.user_id, { reason: note, until }, origin)
    await takeEffect(tx, row, action, at)
    await markResolved(tx, caseId, { action, note, by: actor.id }, at)
    const told = (await settleReports(tx, caseId, at)).map((id) => happening('report_resolved', row, id))
    if (isSanction(action)) told.push(happening('moderation', row, row.user_id))
    await addAllToOutbox(tx, 'notification.add', told, origin.requestId)
    const { id: actor_id, session_id } = actor
    const subject = `${row.subject_kind}:${row.subject_id}`
    const entry = { actor_id, session_id, user_id: row.user_id, target: `report:${caseId}` }
    await recordAudit(tx, { ...entry, action: 'report.resolved', details: { action, subject } }, origin, at)
  }

  return {
    async list(actor: Actor, { limit, cursor, ...filter }: ListReports) {
      const scope = `reports:${filter.state}:${filter.kind ?? ''}:${filter.reason ?? ''}`
      const [at, id] = cursor === undefined ? [] : decodeCursor(scope, cursor, casePosition)
      const before = at === undefined || id === undefined ? undefined : { micros: at, id }
      const rows = await listCases(sql, { ...filter, moderator_id: actor.id, before, limit: limit + 1 })
      return toPage(rows, limit, (last) => encodeCursor(scope, [last.micros, last.id]))
    },

    listEntries: (actor: Actor, caseId: string, query: PageQuery) =>
      pageById(`report-entries:${caseId}`, query, async (before, limit) => {
        await find(sql, actor, caseId)
        return listEntries(sql, caseId, { before, limit })
      }),

    listEdits: (commentId: string, query: PageQuery) =>
      pageById(`comment-edits:${commentId}`, query, async (before, limit) => {
        if (!(await hasComment(sql, commentId))) throw new AppError('not_found')
        return listEdits(sql, commentId, { before, limit })
      }),

    async resolve(actor: Actor, caseId: string, given: ResolveReport, origin: Origin): Promise<void> {
      await sql.begin((tx) => resolve(tx, actor, caseId, given, origin))
      await relay.flushSoon()
    },
  }
}

/** Once; but what was hidden may be found to be right after all. */
const mayResolve = ({ state, resolution }: CaseRow, action: Action) =>
  state === 'open' || (action === 'dismiss' && resolution === 'hide')

/** What the author is told of here; of a suspension they are told by mail. */
const isSanction = (action: Action) => action === 'warn' || action === 'hide' || action === 'remove'

const happening = (
  kind: Happening['kind'],
  { subject_kind, subject_id, track_id }: CaseRow,
  recipient_id: string,
): Happening => ({
  kind,
  recipient_id,
  actor_id: null,
  ...(subject_kind === 'comment' && { comment_id: subject_id }),
  ...(track_id !== null && { track_id }),
})
