import { isOnVisibleTrack, isReadable } from '../comments/columns.ts'
import type { Db } from '../db/client.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import type { Report, SubjectKind } from './schemas.ts'

export interface Subject {
  readonly kind: SubjectKind
  readonly id: string
  /** Who is responsible for it. */
  readonly user_id: string
  readonly track_id: string | null
  /** Whose track a comment is on. */
  readonly artist_id: string | null
  readonly excerpt: string
}

export async function findComment(db: Db, commentId: string, viewer: Viewer): Promise<Subject | undefined> {
  const [row] = await db<[Subject?]>`
    select 'comment' as kind, c.id, c.author_id as user_id, c.track_id, c.artist_id, c.body as excerpt
    from comments c
    where c.id = ${commentId} and ${isReadable(db, viewer)} and ${isOnVisibleTrack(db, viewer)}
  `
  return row
}

export async function findTrack(db: Db, trackId: string, viewer: Viewer): Promise<Subject | undefined> {
  const [row] = await db<[Subject?]>`
    select
      'track' as kind, t.id, t.owner_id as user_id, t.id as track_id, null as artist_id,
      concat_ws(E'\n', t.title, nullif(t.description, '')) as excerpt
    from ${trackTables(db, viewer)}
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}

export async function findUser(db: Db, userId: string): Promise<Subject | undefined> {
  const [row] = await db<[Subject?]>`
    select
      'user' as kind, id, id as user_id, null as track_id, null as artist_id,
      concat_ws(E'\n', display_name, nullif(bio, '')) as excerpt
    from users
    where id = ${userId} and deleted_at is null
  `
  return row
}

/** The case of a subject, made where there is none, locked: reports of one thing come one after the other. */
export async function lockCaseOf(db: Db, { kind, id, user_id, track_id, excerpt }: Subject, now: Date) {
  const [row] = await db<[{ id: string }]>`
    insert into moderation_cases (subject_kind, subject_id, user_id, track_id, excerpt, opened_at)
    values (${kind}, ${id}, ${user_id}, ${track_id}, ${excerpt}, ${now})
    on conflict (subject_kind, subject_id) do update set track_id = excluded.track_id
    returning id
  `
  return row.id
}

/** False where this user has reported it before. */
export async function insertReport(
  db: Db,
  caseId: string,
  reporterId: string,
  { reason, note }: Report,
  now: Date,
): Promise<boolean> {
  const { count } = await db`
    insert into reports (case_id, reporter_id, reason, note, created_at)
    values (${caseId}, ${reporterId}, ${reason}, ${note}, ${now})
    on conflict do nothing
  `
  return count === 1
}

interface Finding extends Report {
  /** What was found, once for a case. */
  readonly evidence: string
}

/** By the system itself; false where it has reported this before. */
export async function insertFinding(
  db: Db,
  caseId: string,
  { reason, note, evidence }: Finding,
  now: Date,
): Promise<boolean> {
  const { count } = await db`
    insert into reports (case_id, reporter_id, reason, note, evidence, created_at)
    values (${caseId}, null, ${reason}, ${note}, ${evidence}, ${now})
    on conflict (case_id, evidence) where evidence is not null do nothing
  `
  return count === 1
}

/** It is open, again where it had been resolved. */
export async function markReported(db: Db, caseId: string, excerpt: string, now: Date): Promise<void> {
  await db`
    update moderation_cases
    set report_count = report_count + 1, excerpt = ${excerpt},
      opened_at = case when state = 'open' then opened_at else ${now} end,
      state = 'open', resolution = null, resolution_note = null, resolved_by = null, resolved_at = null
    where id = ${caseId}
  `
}

/** Of the reports that have a say, those by people who have been here since `before`. */
export async function countTrusted(db: Db, caseId: string, before: Date): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select count(*)::int as count
    from reports r
    join users u on u.id = r.reporter_id
    where r.case_id = ${caseId} and r.settled_at is null
      and u.created_at <= ${before} and u.email_verified_at is not null and u.deletes_at is null
  `
  return row.count
}
