import type { Db } from '../db/client.ts'
import { trackTables, type Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import { hasShare } from './repository.ts'
import type { SplitSheet } from './schemas.ts'

/** What somebody gets of what a track earns. */
export interface Share {
  readonly user_id: string
  readonly split_bps: number
}

/** One line of a sheet. */
export interface SheetRow extends Omit<SplitSheet, 'entries'> {
  readonly sheet_id: string
  readonly status: 'proposed' | 'in_force'
  readonly user: SplitSheet['entries'][number]['user']
  readonly split_bps: number
  readonly accepted_at: Date | null
  readonly is_gone: boolean
}

/** Of the sheet in force and of the one proposed, the largest share first. */
export async function listSheetRows(db: Db, trackId: string): Promise<SheetRow[]> {
  return db<SheetRow[]>`
    select
      s.id as sheet_id, s.revision, s.status, s.created_at, s.effective_at, e.split_bps, e.accepted_at,
      ${personOf(db, 'u')} as user,
      u.deleted_at is not null as is_gone
    from split_sheets s
    join split_entries e on e.sheet_id = s.id
    join users u on u.id = e.user_id
    where s.track_id = ${trackId} and s.status in ('proposed', 'in_force')
    order by s.revision, e.split_bps desc, e.user_id
  `
}

/** Everybody on a sheet of the track; whoever proposes the next one may have to name them again. */
export async function listSheetParties(db: Db, trackId: string): Promise<string[]> {
  const rows = await db<{ user_id: string }[]>`
    select distinct e.user_id
    from split_sheets s
    join split_entries e on e.sheet_id = s.id
    where s.track_id = ${trackId} and s.status in ('proposed', 'in_force')
  `
  return rows.map(({ user_id }) => user_id)
}

/** The count of changes to the sheets, for those who work on the track or have a share in it. */
export async function findSplitsRevision(
  db: Db,
  viewer: Viewer & { readonly id: string },
  trackId: string,
): Promise<number | undefined> {
  const [row] = await db<[{ revision: number }?]>`
    select t.splits_revision as revision
    from ${trackTables(db, viewer)}
    where t.id = ${trackId} and t.deleted_at is null
      and (t.owner_id = ${viewer.id} or mine.role is not null or ${hasShare(db, viewer.id)})
  `
  return row?.revision
}

/** Who works on the track or is asked to. */
export async function listMembers(tx: Db, trackId: string): Promise<string[]> {
  const rows = await tx<{ user_id: string }[]>`
    select user_id from track_collaborators where track_id = ${trackId}
  `
  return rows.map(({ user_id }) => user_id)
}

/** The entries make up the whole; the owner, who proposes, has accepted. */
export async function insertProposal(
  tx: Db,
  trackId: string,
  { owner_id, entries }: { readonly owner_id: string; readonly entries: readonly Share[] },
  now: Date,
): Promise<string> {
  const [row] = await tx<[{ sheet_id: string }]>`
    insert into split_sheets (track_id, revision, created_at)
    select ${trackId}, coalesce(max(revision), 0) + 1, ${now} from split_sheets where track_id = ${trackId}
    returning id as sheet_id
  `
  const rows = entries.map((entry) => ({
    ...entry,
    sheet_id: row.sheet_id,
    accepted_at: entry.user_id === owner_id ? now : null,
  }))
  await tx`insert into split_entries ${tx(rows, 'sheet_id', 'user_id', 'split_bps', 'accepted_at')}`
  return row.sheet_id
}

export async function markEntryAccepted(tx: Db, sheetId: string, userId: string, now: Date): Promise<void> {
  await tx`
    update split_entries
    set accepted_at = ${now}
    where sheet_id = ${sheetId} and user_id = ${userId} and accepted_at is null
  `
}

/** Whether everybody has accepted; a deleted account can no more, and is not waited for. */
export async function isAcceptedByAll(tx: Db, sheetId: string): Promise<boolean> {
  const waiting = await tx`
    select from split_entries e
    join users u on u.id = e.user_id
    where e.sheet_id = ${sheetId} and e.accepted_at is null and u.deleted_at is null
    limit 1
  `
  return waiting.length === 0
}

/** The sheet that was in force gives way in the same transaction. */
export async function markInForce(tx: Db, trackId: string, sheetId: string, now: Date): Promise<void> {
  await tx`
    update split_sheets
    set status = 'replaced', ended_at = ${now}
    where track_id = ${trackId} and status = 'in_force'
  `
  await tx`update split_sheets set status = 'in_force', effective_at = ${now} where id = ${sheetId}`
}

/** False where nothing was proposed. */
export async function markWithdrawn(tx: Db, trackId: string, now: Date): Promise<boolean> {
  const { count } = await tx`
    update split_sheets
    set status = 'withdrawn', ended_at = ${now}
    where track_id = ${trackId} and status = 'proposed'
  `
  return count === 1
}

/** A sheet that was proposed to somebody who leaves can be accepted by nobody any more. */
export async function voidProposalNaming(
  tx: Db,
  { track_id, user_id }: { readonly track_id: string; readonly user_id: string },
  now: Date,
): Promise<void> {
  await tx`
    with voided as (
      update split_sheets s
      set status = 'void', ended_at = ${now}
      where s.track_id = ${track_id} and s.status = 'proposed'
        and exists (select from split_entries e where e.sheet_id = s.id and e.user_id = ${user_id})
      returning s.track_id
    )
    update tracks t set splits_revision = t.splits_revision + 1 from voided v where t.id = v.track_id
  `
}

export async function raiseSplitsRevision(tx: Db, trackId: string): Promise<void> {
  await tx`update tracks set splits_revision = splits_revision + 1 where id = ${trackId}`
}
