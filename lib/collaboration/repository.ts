import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'
import { type TrackRow, trackColumns, tracksWithCounts } from '../tracks/columns.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { Collaborator, Invitation, PutCollaborator } from './schemas.ts'

/** Of `track_collaborators` as `c`, joined with the user as `u`. */
const collaboratorColumns = (db: Db): Fragment => db`
  c.id, ${personOf(db, 'u')} as user,
  c.role, c.status, c.credit, c.created_at, c.accepted_at
`

interface CollaboratorFilter {
  readonly track_id: string
  readonly after: string | undefined
  readonly limit: number
}

/**
 * In the order of invitation: who works on the track for those who do so too, who is credited for everybody else
 * that sees it, and who is invited for the owner and whoever has accepted.
 */
export async function listCollaborators(
  db: Db,
  viewer: Viewer,
  { track_id, after, limit }: CollaboratorFilter,
): Promise<Collaborator[]> {
  const isInside =
    viewer.id === undefined ? db`false` : db`(t.owner_id = ${viewer.id} or mine.role is not null)`
  return db<Collaborator[]>`
    select ${collaboratorColumns(db)}
    from ${trackTables(db, viewer)}
    join track_collaborators c on c.track_id = t.id
    join users u on u.id = c.user_id
    where t.id = ${track_id} and ${isVisible(db, viewer)}
      and (${isInside} or (c.status = 'accepted' and c.credit is not null and u.deletes_at is null))
      and ${isUnblocked(db, viewer.id, db`c.user_id`)}
      ${after === undefined ? db`` : db`and c.id > ${after}`}
    order by c.id
    limit ${limit}
  `
}

export async function findCollaborator(
  db: Db,
  trackId: string,
  userId: string,
): Promise<Collaborator | undefined> {
  const [row] = await db<[Collaborator?]>`
    select ${collaboratorColumns(db)}
    from track_collaborators c
    join users u on u.id = c.user_id
    where c.track_id = ${trackId} and c.user_id = ${userId}
  `
  return row
}

export interface PartFilter {
  readonly user_id: string
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listInvitations(db: Db, filter: PartFilter): Promise<Invitation[]> {
  const { user_id, before, limit } = filter
  return db<Invitation[]>`
    select
      c.id, json_build_object('id', t.id, 'title', t.title) as track,
      ${personOf(db, 'o')} as owner,
      c.role, c.credit,
      (
        select e.split_bps
        from split_sheets s
        join split_entries e on e.sheet_id = s.id
        where s.track_id = t.id and s.status = 'proposed' and e.user_id = c.user_id
      ) as split_bps,
      c.created_at
    from track_collaborators c
    join tracks t on t.id = c.track_id
    join users o on o.id = t.owner_id
    where c.user_id = ${user_id} and c.status = 'invited' and t.deleted_at is null and o.deletes_at is null
      ${before === undefined ? db`` : db`and c.id < ${before}`}
    order by c.id desc
    limit ${limit}
  `
}

export type CollaborationRow = TrackRow &
  Pick<Collaborator, 'role' | 'credit' | 'accepted_at'> & { readonly part_id: string }

/** Newest first, by when they were asked. */
export async function listCollaborations(db: Db, filter: PartFilter): Promise<CollaborationRow[]> {
  const { user_id, before, limit } = filter
  const viewer = { id: user_id }
  return db<CollaborationRow[]>`
    select ${trackColumns(db, viewer)}, c.id as part_id, c.role, c.credit, c.accepted_at
    from track_collaborators c
    join ${tracksWithCounts(db, viewer)} on t.id = c.track_id
    where c.user_id = ${user_id} and c.status = 'accepted' and ${isVisible(db, viewer)}
      ${before === undefined ? db`` : db`and c.id < ${before}`}
    order by c.id desc
    limit ${limit}
  `
}

/**
 * Keeps the accounts from being ended before the transaction is, and answers which of them exist. Taken before the
 * lock of a track, as the end of an account takes them.
 */
export async function holdUsers(tx: Db, userIds: readonly string[]): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from users where id = any(${userIds}::uuid[]) and deletes_at is null and deleted_at is null
    order by id
    for key share
  `
  return rows.map(({ id }) => id)
}

interface TrackOfPart {
  readonly owner_id: string
}

/**
 * Locks a track that the user has a part in, be it an invitation or a share of what it earns. Which one, the next
 * statement tells: what others did while this waited shows only there.
 */
export async function lockTrackOfPart(
  tx: Db,
  trackId: string,
  userId: string,
): Promise<TrackOfPart | undefined> {
  const [row] = await tx<[TrackOfPart?]>`
    select t.owner_id
    from tracks t
    where t.id = ${trackId} and t.deleted_at is null and (
      t.owner_id = ${userId}
      or exists (select from track_collaborators c where c.track_id = t.id and c.user_id = ${userId})
      or ${hasShare(tx, userId)}
    )
    for no key update of t
  `
  return row
}

/** Whether the user stands on the sheet in force, or on the one proposed, of the track `t`. */
export const hasShare = (db: Db, userId: string): Fragment => db`exists (
  select from split_sheets s
  join split_entries e on e.sheet_id = s.id
  where s.track_id = t.id and s.status in ('proposed', 'in_force') and e.user_id = ${userId}
)`

export async function countCollaborators(tx: Db, trackId: string): Promise<number> {
  const [row] = await tx<[{ count: number }]>`
    select count(*)::int as count from track_collaborators where track_id = ${trackId}
  `
  return row.count
}

interface Part {
  readonly track_id: string
  readonly user_id: string
}

export async function insertInvitation(
  tx: Db,
  { track_id, user_id, role, credit }: Part & PutCollaborator,
  now: Date,
): Promise<void> {
  await tx`
    insert into track_collaborators (track_id, user_id, role, credit, created_at)
    values (${track_id}, ${user_id}, ${role}, ${credit ?? null}, ${now})
  `
}

export async function updateCollaborator(
  tx: Db,
  { track_id, user_id, role, credit }: Part & PutCollaborator,
): Promise<void> {
  await tx`
    update track_collaborators
    set role = ${role} ${credit === undefined ? tx`` : tx`, credit = ${credit}`}
    where track_id = ${track_id} and user_id = ${user_id}
  `
}

/** False where there is nothing to accept. */
export async function markAccepted(tx: Db, { track_id, user_id }: Part, now: Date): Promise<boolean> {
  const { count } = await tx`
    update track_collaborators
    set status = 'accepted', accepted_at = ${now}
    where track_id = ${track_id} and user_id = ${user_id} and status = 'invited'
  `
  return count === 1
}

/** The credits on a track are part of what it shows. */
export async function touchTrack(tx: Db, trackId: string, now: Date): Promise<void> {
  await tx`update tracks set revision = revision + 1, updated_at = ${now} where id = ${trackId}`
}
