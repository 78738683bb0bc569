import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import type { OutboxRelay } from '../outbox.ts'
import { lockOwnTrack } from '../tracks/locks.ts'
import { propose, readStanding, settle } from './proposing.ts'
import { findCollaborator, holdUsers, lockTrackOfPart } from './repository.ts'
import type { ProposeSplits, SplitSheet, Splits } from './schemas.ts'
import {
  findSplitsRevision,
  listMembers,
  listSheetParties,
  listSheetRows,
  markEntryAccepted,
  markWithdrawn,
  raiseSplitsRevision,
  type SheetRow,
} from './splits-repository.ts'
import { tellEach } from './telling.ts'

export interface SplitDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type SplitService = ReturnType<typeof createSplitService>
export type SplitsRow = Splits & { readonly revision: number }

/**
 * Who gets which part of what a track earns. The sheet in force is the word of all who stand on it, and only a
 * sheet that all of them accept replaces it. Neither the end of a collaboration nor a block takes a share away: the
 * work was done and the money is owed, so whoever left still reads the sheets and has to accept the next one. Only
 * a deleted account, which can neither accept nor be paid, is not waited for.
 */
export function createSplitService({ sql, relay, now = () => new Date() }: SplitDependencies) {
  const revisionOf = async (db: Db, actor: Actor, trackId: string): Promise<number> => {
    const revision = await findSplitsRevision(db, actor, trackId)
    if (revision === undefined) throw new AppError('not_found')
    return revision
  }

  // The revision first: a change in between then only makes it too old to match.
  const read = async (actor: Actor, trackId: string): Promise<SplitsRow> => {
    const revision = await revisionOf(sql, actor, trackId)
    return { ...toSplits(await listSheetRows(sql, trackId)), revision }
  }

  return {
    read,

    async propose(actor: Actor, trackId: string, { entries }: ProposeSplits, confirm: Confirm) {
      await sql.begin(async (tx) => {
        const parties = await listSheetParties(tx, trackId)
        await holdUsers(tx, [actor.id, ...entries.map(({ user_id }) => user_id), ...parties])
        const track = await lockOwnTrack(tx, trackId, actor.id)
        if (!track) throw new AppError('not_found')
        confirm({ revision: await revisionOf(tx, actor, trackId) })
        const shared = { track_id: trackId, owner_id: track.owner_id }
        const standing = await readStanding(tx, shared)
        const members = await listMembers(tx, trackId)
        mustBeParties(entries, [...members, ...standing.held.map(({ user_id }) => user_id)])
        await propose(tx, shared, standing, entries, now())
      })
      await relay.flushSoon()
      return read(actor, trackId)
    },

    async accept(actor: Actor, trackId: string, revision: number): Promise<SplitsRow> {
      await sql.begin(async (tx) => {
        const track = await lockTrackOfPart(tx, trackId, actor.id)
        if (!track) throw new AppError('not_found')
        await mustBeMember(tx, trackId, actor.id)
        const sheet = (await listSheetRows(tx, trackId)).filter((row) => row.revision === revision)
        if (sheet.length === 0) throw new AppError('split_proposal_changed')
        const entry = sheet.find(({ user }) => user.id === actor.id)
        if (!entry) throw new AppError('not_on_split_sheet')
        if (entry.accepted_at) return
        await markEntryAccepted(tx, entry.sheet_id, actor.id, now())
        await raiseSplitsRevision(tx, trackId)
        if (await settle(tx, trackId, entry.sheet_id, now())) await tellParties(tx, actor, trackId, entry)
      })
      await relay.flushSoon()
      return read(actor, trackId)
    },

    /** Takes the proposal back; nothing happens where there is none. */
    withdraw: (actor: Actor, trackId: string, confirm: Confirm): Promise<void> =>
      sql.begin(async (tx) => {
        if (!(await lockOwnTrack(tx, trackId, actor.id))) throw new AppError('not_found')
        confirm({ revision: await revisionOf(tx, actor, trackId) })
        if (await markWithdrawn(tx, trackId, now())) await raiseSplitsRevision(tx, trackId)
      }),
  }
}

/** Whoever is only invited decides on that first; whoever left has a say as long as they hold a share. */
async function mustBeMember(tx: Db, trackId: string, userId: string): Promise<void> {
  const collaborator = await findCollaborator(tx, trackId, userId)
  if (collaborator?.status === 'invited') throw new AppError('conflict', 'Accept the invitation first')
}

async function tellParties(tx: Db, { id: actor_id }: Actor, track_id: string, { sheet_id }: SheetRow) {
  const rows = await listSheetRows(tx, track_id)
  const parties = rows.filter((row) => row.sheet_id === sheet_id).map(({ user }) => user.id)
  await tellEach(tx, parties, { kind: 'split_change', track_id, actor_id })
}

function mustBeParties(entries: ProposeSplits['entries'], parties: readonly string[]): void {
  const errors = entries.flatMap(({ user_id }, at) =>
    parties.includes(user_id)
      ? []
      : [
          {
            pointer: `#/body/entries/${at}/user_id`,
            code: 'not_a_collaborator',
            detail: 'Only collaborators stand here; the owner has what they leave',
          },
        ],
  )
  if (errors.length > 0) throw new AppError('validation_failed', undefined, { errors })
}

function toSplits(rows: readonly SheetRow[]): Splits {
  const sheetOf = (status: SheetRow['status']): SplitSheet | null => {
    const entries = rows.filter((row) => row.status === status)
    const [first] = entries
    if (!first) return null
    const { revision, created_at, effective_at } = first
    return { revision, created_at, effective_at, entries }
  }
  return { in_force: sheetOf('in_force'), proposed: sheetOf('proposed') }
}
