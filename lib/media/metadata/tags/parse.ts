import { type IAudioMetadata, type ICommonTagsResult, parseBuffer } from 'music-metadata'
import { logger } from '../../../logger.ts'
import type { TagForm, TagPiece } from './pieces.ts'

export interface ParsedTags {
  readonly common: ICommonTagsResult
  readonly native: IAudioMetadata['native']
}

/**
 * Reads tags by files that hold nothing else, one for each place where tags may stand; the first that says something
 * has the word. What cannot be read is no tag.
 */
export async function parsePieces(
  pieces: readonly TagPiece[],
  { withPictures = false } = {},
): Promise<readonly ParsedTags[]> {
  const parsed: ParsedTags[] = []
  for (const { forms, mimeType, wrap } of files) {
    const parts = forms.flatMap((form) => pieces.filter((piece) => piece.form === form))
    if (parts.length === 0) continue
    try {
      const bytes = wrap(parts.map((part) => part.bytes))
      const file = { mimeType, size: bytes.length }
      parsed.push(await parseBuffer(bytes, file, { skipCovers: !withPictures, duration: false }))
    } catch (error) {
      logger.info('Tags could not be read', { forms, error })
    }
  }
  return parsed
}

interface TagFile {
  readonly forms: readonly TagForm[]
  readonly mimeType: string
  wrap(parts: readonly Buffer[]): Buffer
}

const files: readonly TagFile[] = [
  { forms: ['flac'], mimeType: 'audio/flac', wrap: (parts) => Buffer.from(parts[0]!) },
  {
    forms: ['ilst'],
    mimeType: 'audio/mp4',
    wrap: (items) => {
      const meta = box('meta', [Buffer.alloc(4), box('ilst', items)])
      return Buffer.concat([box('ftyp', [Buffer.from('M4A \0\0\0\0')]), box('moov', [box('udta', [meta])])])
    },
  },
  { forms: ['id3', 'ape', 'id3v1'], mimeType: 'audio/mpeg', wrap: (parts) => Buffer.concat(parts) },
  {
    forms: ['info'],
    mimeType: 'audio/wav',
    wrap: (lists) => chunk('RIFF', [Buffer.from('WAVE'), ...lists], 'writeUInt32LE'),
  },
  {
    forms: ['text'],
    mimeType: 'audio/aiff',
    wrap: (texts) => chunk('FORM', [Buffer.from('AIFF'), ...texts], 'writeUInt32BE'),
  },
]

function chunk(id: string, parts: readonly Buffer[], write: 'writeUInt32LE' | 'writeUInt32BE'): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${id}\0\0\0\0`), ...parts])
  bytes[write](bytes.length - 8, 4)
  return bytes
}

function box(type: string, parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat([Buffer.from(`\0\0\0\0${type}`), ...parts])
  bytes.writeUInt32BE(bytes.length)
  return bytes
}
