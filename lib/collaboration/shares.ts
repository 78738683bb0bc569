import type { Share } from './splits-repository.ts'

const wholeBps = 10_000

const sumOf = (shares: readonly Share[]) => shares.reduce((sum, { split_bps }) => sum + split_bps, 0)

export const isTooMuch = (shares: readonly Share[]) => sumOf(shares) > wholeBps

/** What each but the owner gets. */
export const sharesBeside = (ownerId: string, shares: readonly Share[]) =>
  shares.filter(({ user_id, split_bps }) => user_id !== ownerId && split_bps > 0)

export const withShare = (shares: readonly Share[], share: Share): Share[] => [
  ...shares.filter(({ user_id }) => user_id !== share.user_id),
  share,
]

/**
 * All who have to accept a sheet of these shares: those who get one, with the owner, who has the rest, and whoever
 * holds one now. Nobody loses what was agreed on without a word of theirs, collaborator or not by then.
 */
export function entriesOf(ownerId: string, shares: readonly Share[], held: readonly Share[]): Share[] {
  const named = sharesBeside(ownerId, shares)
  const dropped = sharesBeside(ownerId, held)
    .filter(({ user_id }) => named.every((share) => share.user_id !== user_id))
    .map(({ user_id }) => ({ user_id, split_bps: 0 }))
  return [{ user_id: ownerId, split_bps: wholeBps - sumOf(named) }, ...named, ...dropped]
}

export const isSame = (shares: readonly Share[], others: readonly Share[]) => keyOf(shares) === keyOf(others)

const keyOf = (shares: readonly Share[]) =>
  shares
    .map(({ user_id, split_bps }) => `${user_id}:${split_bps}`)
    .sort()
    .join()
