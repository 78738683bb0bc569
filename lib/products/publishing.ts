import type { Db } from '../db/client.ts'
import { AppError, type FieldError } from '../errors.ts'
import { invalid } from './refusals.ts'

/** A track as far as selling it goes. */
interface SoldTrack {
  readonly id: string
  /** Whether it is there, and the seller's. */
  readonly is_own: boolean
  readonly is_ready: boolean
  /** Somebody has it for themselves. */
  readonly is_taken: boolean
}

/** What a product is about, or holds. */
export interface Contents {
  readonly track_id?: string | null | undefined
  readonly track_ids?: readonly string[] | undefined
}

/** The one track that a product is about stays locked, for what is sold of it is about to change. */
export async function findTracks(
  tx: Db,
  sellerId: string,
  { track_id, track_ids = [] }: Contents,
): Promise<SoldTrack[]> {
  if (track_id)
    await tx`select from tracks where id = ${track_id} and owner_id = ${sellerId} for no key update`
  return tx<SoldTrack[]>`
    select
      wanted.id, t.id is not null as is_own, t.status is not distinct from 'ready' as is_ready,
      exists (select from exclusive_claims c where c.track_id = t.id and c.state = 'sold') as is_taken
    from unnest(${track_id ? [track_id] : track_ids}::uuid[]) as wanted (id)
    left join tracks t on t.id = wanted.id and t.owner_id = ${sellerId} and t.deleted_at is null
  `
}

/** Of tracks that a body names. */
export function mustBeOwn(tracks: readonly SoldTrack[], { track_ids }: Contents): void {
  const pointerOf = (id: string) =>
    track_ids ? `#/body/track_ids/${track_ids.indexOf(id)}` : '#/body/track_id'
  const unknown = tracks.filter(({ is_own }) => !is_own)
  if (unknown.length > 0) throw invalid(...unknown.map(({ id }) => unknownTrack(pointerOf(id))))
}

const unknownTrack = (pointer: string): FieldError => ({
  pointer,
  code: 'track_not_found',
  detail: 'There is no such track of yours',
})

/** Why a product cannot be on sale now; undefined where it can. */
export async function findObstacle(
  tx: Db,
  sellerId: string,
  tracks: readonly SoldTrack[],
  tiers: readonly { readonly price_amount: number }[],
): Promise<AppError | undefined> {
  if (tracks.some(({ is_ready }) => !is_ready)) return new AppError('track_not_ready')
  if (tracks.some(({ is_taken }) => is_taken)) {
    return new AppError('exclusive_unavailable', 'An exclusive licence of it is sold')
  }
  const hasPrice = tiers.some(({ price_amount }) => price_amount > 0)
  return hasPrice && !(await isOnboarded(tx, sellerId)) ? new AppError('onboarding_required') : undefined
}

async function isOnboarded(db: Db, sellerId: string): Promise<boolean> {
  const rows = await db`
    select from sellers where user_id = ${sellerId} and charges_enabled and payouts_enabled
  `
  return rows.length > 0
}
