import type { CursorValues } from '../http/cursor.ts'

export type TrackSort = 'relevance' | 'newest' | 'popular' | 'trending'
export type TrendPeriod = 'week' | 'month' | 'all'

/** What a track must be; a member that is left out asks nothing. */
export interface TrackFilters {
  readonly genre?: string | undefined
  /** All of them. */
  readonly tags?: readonly string[] | undefined
  /** A username. */
  readonly artist?: string | undefined
  readonly bpm_min?: number | undefined
  readonly bpm_max?: number | undefined
  /** In any spelling. */
  readonly key?: string | undefined
  /** Milliseconds. */
  readonly duration_min?: number | undefined
  readonly duration_max?: number | undefined
  readonly license?: string | undefined
  readonly purchasable?: boolean | undefined
}

export interface TrackQuery extends TrackFilters {
  readonly q?: string | undefined
  readonly sort: TrackSort
  readonly period: TrendPeriod
  /** Artists whose tracks the caller is not to see. */
  readonly hidden_owner_ids: readonly string[]
}

/** Where a track stands in the list of a query; opaque to whoever pages through it. */
export interface TrackHit {
  readonly id: string
  readonly position: CursorValues
}

export interface Facet {
  readonly value: string
  readonly count: number
}

/** How the tracks of a query divide. */
export interface TrackFacets {
  readonly genres: Facet[]
  readonly tags: Facet[]
  readonly keys: Facet[]
  /** By tens. */
  readonly bpms: Facet[]
  /** By minutes. */
  readonly durations: Facet[]
  /** Of so many tracks, well-known ones where `is_estimate`. */
  readonly counted: number
  readonly is_estimate: boolean
}

export interface Suggestion {
  readonly kind: 'track' | 'artist' | 'tag'
  readonly text: string
  readonly username?: string
  readonly track_id?: string
}

/** What finds tracks. PostgreSQL does here; an engine of its own can take its place behind this. */
export interface TrackSearch {
  find(query: TrackQuery, after: CursorValues | undefined, limit: number): Promise<readonly TrackHit[]>
  count(query: TrackQuery): Promise<TrackFacets>
  suggest(text: string, hiddenOwnerIds: readonly string[], limit: number): Promise<readonly Suggestion[]>
}
