/** Where a failed upload is taken up again. */
export type RetryStep = 'scan' | 'metadata' | 'stream'

interface Reason {
  /** Another try with the same bytes would end the same way. */
  readonly is_files_fault: boolean
  /** Absent where nothing can be tried again. */
  readonly retry?: RetryStep
  /** For whoever sent the file. */
  readonly detail: string
}

const ofTheFile = (detail: string) => ({ is_files_fault: true, detail }) as const
const ofTheCourse = (detail: string) => ({ is_files_fault: false, detail }) as const
const passing = (retry: RetryStep, detail: string) => ({ is_files_fault: false, retry, detail }) as const

/** Why an upload was rejected or has failed, by the code that stands in `status_reason`. */
export const reasons = {
  infected: ofTheFile('The scanner found something harmful in the file. Nobody can fetch it.'),
  unscannable: ofTheFile(
    'The file cannot be scanned to its end, for example because parts of it are encrypted.',
  ),
  too_large: ofTheFile('The file, or what is packed into it, is larger than is taken.'),
  content_mismatch: ofTheFile(
    'The file is not what was declared: its type, its size or its checksum differs.',
  ),
  unsupported_media: ofTheFile('The file holds no sound of a kind that is taken.'),
  truncated: ofTheFile('The file ends too early. It was probably not exported or copied completely.'),
  empty: ofTheFile('The file has no content.'),
  video_stream: ofTheFile('The file holds a video. Export the sound alone.'),
  too_many_channels: ofTheFile('The file has more channels than the 8 that are taken.'),
  too_long: ofTheFile('The recording is longer than is taken.'),
  polyglot: ofTheFile('The file is a sound and something else at once.'),
  extension_mismatch: ofTheFile('The name of the file ends in one format and its content is another.'),
  malformed: ofTheFile('The structure of the file is broken.'),
  encrypted: ofTheFile('The file is protected against copying. Export it without protection.'),
  no_sound: ofTheFile('The file is of a kind that is taken, and there is no sound in it.'),
  implausible_length: ofTheFile('The file claims more sound than its bytes can hold.'),
  oversized_tags: ofTheFile('The tags of the file are larger than those of any real one.'),

  scan_failed: passing('scan', 'The file could not be scanned. That is no fault of the file: try again.'),
  scan_timeout: passing('scan', 'The scan took too long and was given up. Try again.'),
  metadata_failed: passing(
    'metadata',
    'The file could not be examined. That is no fault of the file: try again.',
  ),
  stream_failed: passing('stream', 'The file could not be made ready for playing. Try again.'),

  redelivered: ofTheCourse('Nothing was heard of it for long, so it was begun anew.'),

  upload_expired: ofTheCourse('The file did not arrive in time. Upload it again.'),
  upload_aborted: ofTheCourse('The upload was cancelled.'),
  file_missing: ofTheCourse('The uploaded file is not there any more. Upload it again.'),
  storage_unavailable: ofTheCourse('The file could not be taken in. Upload it again.'),
  uploader_removed: ofTheCourse('Whoever uploaded the file has no part in the track any more.'),
  track_deleted: ofTheCourse('The track was deleted.'),

  processing_failed: ofTheCourse('The picture could not be drawn. Upload it again.'),
  replaced: ofTheCourse('A picture that was chosen later took its place.'),
  withdrawn: ofTheCourse('The picture was taken away before it was shown.'),
} as const satisfies Record<string, Reason>

export type StatusReason = keyof typeof reasons

/** Rows may still carry a code that this version no longer knows. */
export const findReason = (code: string | null): Reason | undefined =>
  code !== null && Object.hasOwn(reasons, code) ? reasons[code as StatusReason] : undefined

/** What a row's reason means to its reader. */
export function explainStatus(row: { readonly status: string; readonly status_reason: string | null }) {
  const reason = findReason(row.status_reason)
  return {
    status_detail: reason?.detail ?? null,
    can_retry: row.status === 'failed' && reason?.retry !== undefined,
  }
}
