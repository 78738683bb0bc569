import type { Db, Fragment } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import type { Action, CommentEdit, ListReports, ReportCase, ReportEntry, SubjectKind } from './schemas.ts'

export interface CaseFilter extends Pick<ListReports, 'state' | 'kind' | 'reason'> {
  /** Whom nothing in the list is about. */
  readonly moderator_id: string
  /** Only what was opened before this one. */
  readonly before: { readonly micros: number; readonly id: string } | undefined
  readonly limit: number
}

/** With the time of its opening, to the microsecond. */
export type CaseListRow = ReportCase & { readonly micros: number }

/** What was opened last comes first. */
export function listCases(db: Db, filter: CaseFilter): PromiseLike<CaseListRow[]> {
  const { state, kind, reason, before, moderator_id, limit } = filter
  return db<CaseListRow[]>`
    select
      m.id, json_build_object('kind', m.subject_kind, 'id', m.subject_id) as subject,
      json_build_object('id', u.id, 'username', u.username) as user,
      m.track_id, m.excerpt, m.state, m.report_count, m.resolution, m.resolution_note, m.resolved_by,
      m.resolved_at, m.opened_at, ${toMicros(db, db`m.opened_at`)} as micros,
      coalesce(case m.subject_kind
        when 'comment' then (select c.hidden_at is not null from comments c where c.id = m.subject_id)
        when 'track' then (select t.hidden_at is not null from tracks t where t.id = m.subject_id)
      end, false) as is_hidden,
      (
        select coalesce(json_agg(each_reason order by count desc, reason), '[]')
        from (select reason, count(*)::int from reports r where r.case_id = m.id group by reason) each_reason
      ) as reasons
    from moderation_cases m
    join users u on u.id = m.user_id
    where m.state = ${state} and m.user_id <> ${moderator_id}
      ${kind === undefined ? db`` : db`and m.subject_kind = ${kind}`}
      ${reason === undefined ? db`` : db`and ${hasReportFor(db, reason)}`}
      ${before === undefined ? db`` : db`and ${isOlder(db, { at: db`m.opened_at`, id: db`m.id` }, { at: before.micros, id: before.id })}`}
    order by m.opened_at desc, m.id desc
    limit ${limit}
  `
}

/** Whether somebody has reported the case `m` for this reason. */
const hasReportFor = (db: Db, reason: string): Fragment => db`
  exists (select from reports r where r.case_id = m.id and r.reason = ${reason})
`

interface Place {
  readonly before: string | undefined
  readonly limit: number
}

export function listEntries(db: Db, caseId: string, { before, limit }: Place): PromiseLike<ReportEntry[]> {
  return db<ReportEntry[]>`
    select
      r.id, r.reason, r.note, r.evidence, r.created_at, r.settled_at,
      case when u.id is not null then json_build_object('id', u.id, 'username', u.username) end as reporter
    from reports r
    left join users u on u.id = r.reporter_id
    where r.case_id = ${caseId} ${before === undefined ? db`` : db`and r.id < ${before}`}
    order by r.id desc
    limit ${limit}
  `
}

export function listEdits(db: Db, commentId: string, { before, limit }: Place): PromiseLike<CommentEdit[]> {
  return db<CommentEdit[]>`
    select id, body, replaced_at
    from comment_edits
    where comment_id = ${commentId} ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `
}

export async function hasComment(db: Db, commentId: string): Promise<boolean> {
  const rows = await db`select from comments where id = ${commentId}`
  return rows.length === 1
}

export interface CaseRow {
  readonly id: string
  readonly subject_kind: SubjectKind
  readonly subject_id: string
  readonly user_id: string
  readonly track_id: string | null
  readonly state: 'open' | 'resolved'
  readonly resolution: Action | null
}

export async function findCase(
  db: Db,
  caseId: string,
  { isLocked = false } = {},
): Promise<CaseRow | undefined> {
  const [row] = await db<[CaseRow?]>`
    select id, subject_kind, subject_id, user_id, track_id, state, resolution
    from moderation_cases
    where id = ${caseId}
    ${isLocked ? db`for update` : db``}
  `
  return row
}

interface Resolution {
  readonly action: Action
  readonly note: string
  readonly by: string
}

export async function markResolved(
  db: Db,
  caseId: string,
  { action, note, by }: Resolution,
  now: Date,
): Promise<void> {
  await db`
    update moderation_cases
    set state = 'resolved', resolution = ${action}, resolution_note = ${note}, resolved_by = ${by},
      resolved_at = ${now}
    where id = ${caseId}
  `
}

/** Those who have not been told yet how it ended. */
export async function settleReports(db: Db, caseId: string, now: Date): Promise<string[]> {
  const rows = await db<{ reporter_id: string | null }[]>`
    update reports
    set settled_at = ${now}
    where case_id = ${caseId} and settled_at is null
    returning reporter_id
  `
  return rows.flatMap(({ reporter_id }) => reporter_id ?? [])
}

/** Locks a comment so that nobody answers it meanwhile; false where it is gone. */
export async function lockComment(db: Db, commentId: string): Promise<boolean> {
  const rows = await db`select from comments where id = ${commentId} and deleted_at is null for update`
  return rows.length === 1
}
