/** An object that was granted a place in the quarantine. */
export interface Arrival {
  readonly id: string
  readonly object_key: string
  /** Of the object that was first told of: no other that comes to its key is meant. */
  readonly object_etag: string | null
  readonly object_version_id: string | null
  readonly content_type: string
  readonly size_bytes: number
  /** As declared. */
  readonly sha256: string | null
  readonly status: string
  readonly status_reason: string | null
  /** Where its clean bytes go, once a verdict let them; and since when they are there. */
  readonly clean_key: string | null
  readonly stored_at: Date | null
  /** Why there is nobody to take it any more. */
  readonly unwanted: string | null
}

export interface ArrivedObject {
  readonly etag: string
  readonly version_id: string
}

export type ScanFailure = 'scan_failed' | 'scan_timeout'

export type Verdict =
  /** Found clean, by these virus definitions. */
  | { readonly to: 'processing'; readonly sha256: string; readonly definitions_version: string }
  | { readonly to: 'rejected' | 'failed'; readonly reason: string }

/** Those who wait for objects of one kind. Each step is on record when it resolves, and may be taken twice. */
export interface Intake<T extends Arrival = Arrival> {
  takes(key: string): boolean
  find(key: string): Promise<T | undefined>
  /** From `uploading` to `scanning`, with the object that is meant from now on. */
  begin(arrival: T, object: ArrivedObject, at: Date): Promise<void>
  record(arrival: T, verdict: Verdict, at: Date): Promise<void>
  markStored(arrival: T, versionId: string, at: Date): Promise<void>
  /** The scan is tried once more. */
  markTried?(arrival: T, at: Date): Promise<void>
  /** There will be no verdict, unless somebody asks for another try. */
  giveUp(arrival: T, reason: ScanFailure, at: Date): Promise<void>
  /** One that was given up, whose message has come after all. */
  resume?(arrival: T, at: Date): Promise<void>
}
