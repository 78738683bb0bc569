import type { Db } from '../db/client.ts'
import { entriesOf, isSame, sharesBeside } from './shares.ts'
import {
  insertProposal,
  isAcceptedByAll,
  listSheetRows,
  markInForce,
  markWithdrawn,
  raiseSplitsRevision,
  type Share,
  type SheetRow,
} from './splits-repository.ts'
import { tellEach } from './telling.ts'

/** The track, whose lock the caller holds. */
export interface SharedTrack {
  readonly track_id: string
  readonly owner_id: string
}

/** Where the sheets of a track stand; shares are those of others than the owner. */
export interface Standing {
  /** Of accounts that still exist. */
  readonly held: readonly Share[]
  readonly inForce: readonly Share[]
  readonly proposed: readonly Share[] | undefined
}

export async function readStanding(tx: Db, { track_id, owner_id }: SharedTrack): Promise<Standing> {
  const rows = await listSheetRows(tx, track_id)
  const of = (status: SheetRow['status']) => rows.filter((row) => row.status === status)
  const shares = (some: readonly SheetRow[]) =>
    sharesBeside(
      owner_id,
      some.map(({ user, split_bps }) => ({ user_id: user.id, split_bps })),
    )
  const proposed = of('proposed')
  return {
    held: shares(of('in_force').filter(({ is_gone }) => !is_gone)),
    inForce: shares(of('in_force')),
    proposed: proposed.length > 0 ? shares(proposed) : undefined,
  }
}

/**
 * Replaces what is proposed, if anything. The same shares once more change nothing, so that what was accepted of
 * them stays so; those in force need no proposal.
 */
export async function propose(
  tx: Db,
  track: SharedTrack,
  { held, inForce, proposed }: Standing,
  asked: readonly Share[],
  at: Date,
): Promise<void> {
  const { track_id, owner_id } = track
  const shares = sharesBeside(owner_id, asked)
  if (proposed && isSame(proposed, shares)) return
  if (proposed) {
    await markWithdrawn(tx, track_id, at)
    await raiseSplitsRevision(tx, track_id)
  }
  if (isSame(inForce, shares)) return
  const entries = entriesOf(owner_id, shares, held)
  const sheetId = await insertProposal(tx, track_id, { owner_id, entries }, at)
  await raiseSplitsRevision(tx, track_id)
  const parties = entries.map(({ user_id }) => user_id)
  await tellEach(tx, parties, { kind: 'split_change', track_id, actor_id: owner_id })
  await settle(tx, track_id, sheetId, at)
}

/** Puts a sheet in force once nobody is waited for; says whether it is. */
export async function settle(tx: Db, trackId: string, sheetId: string, at: Date): Promise<boolean> {
  if (!(await isAcceptedByAll(tx, sheetId))) return false
  await markInForce(tx, trackId, sheetId, at)
  return true
}
