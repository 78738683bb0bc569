import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { dayMs, earlier } from '../time.ts'
import { hideComment } from './hiding.ts'
import {
  countTrusted,
  findComment,
  findTrack,
  findUser,
  insertReport,
  lockCaseOf,
  markReported,
  type Subject,
} from './reports-repository.ts'
import type { Report } from './schemas.ts'

/** So many people hide a comment until a moderator has looked at it. */
const hidingReports = 3
/** Accounts younger than this hide nothing. */
const trustedAfterMs = dayMs

export interface ReportingDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type ReportingService = ReturnType<typeof createReportingService>

/** What users report, each thing once. */
export function createReportingService({ sql, now = () => new Date() }: ReportingDependencies) {
  const report = async (actor: Actor, subject: Subject | undefined, given: Report): Promise<void> => {
    if (!subject) throw new AppError('not_found')
    if (subject.user_id === actor.id) throw new AppError('own_account')
    await sql.begin(async (tx) => {
      const at = now()
      const caseId = await lockCaseOf(tx, subject, at)
      if (!(await insertReport(tx, caseId, actor.id, given, at))) return
      await markReported(tx, caseId, subject.excerpt, at)
      if (await hides(tx, caseId, actor, subject)) await hideComment(tx, subject.id, at)
    })
  }

  /** Tracks and people are for a moderator to judge: too much is lost where three friends could hide them. */
  const hides = async (tx: Db, caseId: string, actor: Actor, { kind, artist_id }: Subject) => {
    if (kind !== 'comment') return false
    if (artist_id === actor.id) return true
    return (await countTrusted(tx, caseId, earlier(now(), trustedAfterMs))) >= hidingReports
  }

  return {
    reportComment: async (actor: Actor, commentId: string, given: Report) =>
      report(actor, await findComment(sql, commentId, actor), given),
    reportTrack: async (actor: Actor, trackId: string, given: Report) =>
      report(actor, await findTrack(sql, trackId, actor), given),
    reportUser: async (actor: Actor, userId: string, given: Report) =>
      report(actor, await findUser(sql, userId), given),
  }
}
