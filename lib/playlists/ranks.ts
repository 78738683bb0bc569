import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'

/**
 * A rank that would be longer is not given: all items get new ones first. Some thousand items put in at one and
 * the same place make it this long.
 */
export const longestRank = 200

/** What stands between two ranks, by their bytes; null is the front, or the end. */
export const rankBetween = (low: string | null, high: string | null) => generateKeyBetween(low, high)

export const ranksAfter = (last: string | null, count: number) => generateNKeysBetween(last, null, count)
