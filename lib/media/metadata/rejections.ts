import type { StatusReason } from '../reasons.ts'

/** Why a file is not taken, going by its bytes. */
export type MetadataRejection = Extract<
  StatusReason,
  | 'empty'
  | 'unsupported_media'
  | 'content_mismatch'
  | 'extension_mismatch'
  | 'truncated'
  | 'malformed'
  | 'encrypted'
  | 'video_stream'
  | 'too_many_channels'
  | 'no_sound'
  | 'too_long'
  | 'implausible_length'
  | 'oversized_tags'
  | 'polyglot'
>
