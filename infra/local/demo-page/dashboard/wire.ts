/** What the page reads of `GET /api/v1/analytics/dashboard`. */
export interface Totals {
  readonly play_count: number
  readonly listener_count: number | null
  readonly completion_rate: number | null
  readonly listened_ms: number
  readonly view_count: number
  readonly profile_view_count: number
  readonly product_view_count: number
  readonly checkout_count: number
  readonly sale_count: number
  readonly conversion_rate: number | null
}

export interface Point {
  readonly at: string
  readonly play_count: number
  readonly listener_count: number | null
}

export interface Slice {
  readonly value: string
  readonly play_count: number
  readonly share: number
}

export interface Retention {
  readonly track_id: string
  readonly duration_ms: number | null
  readonly listen_count: number
  readonly points: readonly { readonly from_ms: number; readonly share: number }[]
}

export interface TopTrack {
  readonly track_id: string
  readonly title: string | null
  readonly play_count: number
  readonly completion_rate: number | null
  readonly listened_ms: number
  readonly view_count: number
}

export interface Sales {
  readonly currency: string
  readonly sale_count: number
  readonly earned_amount: number
}

export interface ProductFigures {
  readonly product_id: string
  readonly title: string | null
  readonly view_count: number
  readonly checkout_count: number
  readonly sale_count: number
  readonly conversion_rate: number | null
}

export interface Dashboard {
  readonly as_of: string
  readonly range: { readonly from: string; readonly to: string; readonly day_count: number }
  readonly totals: Totals
  readonly previous: { readonly change: Readonly<Record<string, number | null>> } | null
  readonly series: readonly Point[]
  readonly top_tracks: readonly TopTrack[]
  readonly sources: readonly Slice[]
  readonly countries: readonly Slice[]
  readonly devices: readonly Slice[]
  readonly retention: Retention | null
  readonly sales: {
    readonly totals: readonly Sales[]
    readonly by_day: readonly (Sales & { readonly day: string })[]
  }
  readonly products: readonly ProductFigures[]
  readonly filtered: Readonly<Record<string, number>>
}
