import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { longestRank, rankBetween, ranksAfter } from './ranks.ts'
import {
  findFirstRank,
  findGapBehind,
  findLastRank,
  type Gap,
  listItemIds,
  updateRanks,
} from './ranks-repository.ts'

export interface Place {
  /** The item to go behind: null to the front, undefined to the end. */
  readonly after: string | null | undefined
  /** The item that leaves its own place for it. */
  readonly moving?: string
}

/** A rank for the place, while the playlist is locked. */
export async function findRank(tx: Db, playlistId: string, place: Place): Promise<string> {
  const gap = await findGap(tx, playlistId, place)
  const rank = rankBetween(gap.low, gap.high)
  if (rank.length <= longestRank) return rank
  await shortenRanks(tx, playlistId)
  const wider = await findGap(tx, playlistId, place)
  return rankBetween(wider.low, wider.high)
}

async function findGap(tx: Db, playlistId: string, { after, moving = undefined }: Place): Promise<Gap> {
  if (after === undefined) return { low: await findLastRank(tx, playlistId), high: null }
  if (after === null) return { low: null, high: await findFirstRank(tx, playlistId, moving ?? null) }
  const gap = await findGapBehind(tx, playlistId, after, moving ?? null)
  if (!gap) throw new AppError('playlist_item_gone')
  return gap
}

/**
 * Short ranks in the same order. All new ranks are behind all old ones, so that whoever goes on from a place in
 * the list meets items again rather than missing some, and no two are ever the same.
 */
async function shortenRanks(tx: Db, playlistId: string): Promise<void> {
  const ids = await listItemIds(tx, playlistId)
  await updateRanks(tx, ids, ranksAfter(await findLastRank(tx, playlistId), ids.length))
}
