import type { AudioContentType } from '../../../lib/media/audio-types.ts'
import type { StatusReason } from '../../../lib/media/reasons.ts'

/** A file as somebody might upload it, and what is to become of it. */
export interface CorpusFile {
  readonly name: string
  readonly bytes: Buffer
  readonly filename: string
  readonly content_type: AudioContentType
  /** `accepted` goes on to be made a stream of. */
  readonly expected: 'accepted' | StatusReason
  /** What becomes of the picture in it. */
  readonly picture?: 'ready' | StatusReason
}

type Declared = Pick<CorpusFile, 'content_type' | 'filename'>

const types: Readonly<Record<string, AudioContentType>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  m4a: 'audio/mp4',
  mp4: 'audio/mp4',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/opus',
}

/** What an uploader says who believes the end of the name. */
export const named = (extension: string): Declared => ({
  content_type: types[extension]!,
  filename: `low-tide.${extension}`,
})
