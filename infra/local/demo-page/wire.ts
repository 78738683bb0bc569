/** What the page reads of the API's answers. A field that this version of the API does not give is simply not shown. */
export type UploadStatus =
  | 'uploading'
  | 'scanning'
  | 'processing'
  | 'transcoding'
  | 'ready'
  | 'rejected'
  | 'failed'

export interface User {
  readonly id: string
  readonly username: string
  readonly display_name: string
}

export interface Loudness {
  readonly integrated_lufs: number
  readonly true_peak_dbtp: number | null
  readonly range_lu: number | null
}

/** Where what is declared is not what the file says. */
export interface Difference {
  readonly field: string
  readonly note: string | null
}

export interface Track {
  readonly id: string
  readonly owner: User
  readonly title: string
  readonly artists: readonly { readonly name: string }[]
  readonly genre: string | null
  readonly bpm: number | null
  readonly musical_key: string | null
  readonly isrc: string | null
  readonly c_line: string | null
  readonly is_custom_bpm: boolean
  readonly is_custom_musical_key: boolean
  readonly detected: Readonly<Record<string, string | number | null>>
  readonly status: UploadStatus | 'draft'
  readonly status_reason: string | null
  readonly version: { readonly id: string; readonly number: number } | null
  readonly duration_ms: number | null
  readonly codec: string | null
  readonly sample_rate_hz: number | null
  readonly channels: number | null
  readonly bitrate_bps: number | null
  readonly artwork_url: string | null
  readonly loudness: Loudness | null
  readonly waveform_url: string | null
  /** Only of a track by itself, and for whoever may change it. */
  readonly differences?: readonly Difference[] | null
  readonly access: { readonly stream: boolean; readonly download: boolean; readonly edit: boolean }
  readonly created_at: string
}

export interface TimelineEntry {
  readonly status: UploadStatus
  readonly reason: string | null
  readonly at: string
}

export interface Upload {
  readonly id: string
  readonly track_id: string
  readonly filename: string
  readonly content_type: string
  readonly size_bytes: number
  readonly status: UploadStatus
  readonly status_reason: string | null
  readonly status_detail?: string | null
  readonly can_retry?: boolean
  readonly part_count: number
  readonly parts_uploaded: readonly { readonly part_number: number; readonly size_bytes: number }[]
  readonly timeline: readonly TimelineEntry[]
}

export interface Stream {
  readonly manifest_url: string
  readonly play_token: string
  readonly expires_at: string
}

export interface Page<T> {
  readonly data: readonly T[]
}

const resting: readonly string[] = ['ready', 'rejected', 'failed']
export const isAtRest = ({ status }: { readonly status: string }) => resting.includes(status)
