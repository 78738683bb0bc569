import type { FilteredCounts } from './schemas.ts'

/** A part of a whole; null of nothing. */
export const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

const zero = {
  play_count: 0,
  repeated_count: 0,
  short_count: 0,
  ua_count: 0,
  datacenter_count: 0,
  rate_count: 0,
  no_token_count: 0,
  pattern_count: 0,
  complete_count: 0,
  listened_ms: 0,
  view_count: 0,
  filtered_view_count: 0,
  share_click_count: 0,
  profile_view_count: 0,
  playlist_view_count: 0,
  product_view_count: 0,
  checkout_count: 0,
  user_count: 0,
  guest_count: 0,
}
export type Sums = typeof zero

export function addUp(rows: readonly Sums[]): Sums {
  const sums = { ...zero }
  for (const row of rows) {
    for (const name of Object.keys(zero) as (keyof Sums)[]) sums[name] += row[name]
  }
  return sums
}

export const filteredOf = (sums: Sums): FilteredCounts => ({
  ua: sums.ua_count,
  datacenter: sums.datacenter_count,
  rate: sums.rate_count,
  no_token: sums.no_token_count,
  pattern: sums.pattern_count,
})

/** `userCount`: the different ones in all of the range, where they are known. */
export const trackFiguresOf = (sums: Sums, userCount: number | null) => ({
  play_count: sums.play_count,
  listener_count: userCount === null ? null : userCount + sums.guest_count,
  complete_count: sums.complete_count,
  completion_rate: ratio(sums.complete_count, sums.play_count),
  listened_ms: sums.listened_ms,
  view_count: sums.view_count,
  share_click_count: sums.share_click_count,
})

export const ownerFiguresOf = (sums: Sums, userCount: number | null, saleCount: number) => ({
  ...trackFiguresOf(sums, userCount),
  profile_view_count: sums.profile_view_count,
  playlist_view_count: sums.playlist_view_count,
  product_view_count: sums.product_view_count,
  checkout_count: sums.checkout_count,
  sale_count: saleCount,
  conversion_rate: ratio(saleCount, sums.product_view_count),
})

type Figures = Readonly<Record<string, number | null>>

/** By how much each figure changed, as a part of what it was. */
export function changeOf(now: Figures, before: Figures): Record<string, number | null> {
  const entries = Object.entries(now).map(([name, value]): [string, number | null] => {
    const old = before[name] ?? null
    return [name, value === null || old === null ? null : ratio(value - old, old)]
  })
  return Object.fromEntries(entries)
}
