import { post } from './session.ts'
import { trackPath } from './store.ts'

/** Where the bytes of one upload may be sent. */
export interface Grant {
  readonly upload_id: string
  readonly mode: 'single' | 'multipart'
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const types: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  wave: 'audio/wav',
  flac: 'audio/flac',
  aif: 'audio/aiff',
  aiff: 'audio/aiff',
  aifc: 'audio/aiff',
  m4a: 'audio/mp4',
  mp4: 'audio/mp4',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/opus',
}

export const takenExtensions = Object.keys(types).map((extension) => `.${extension}`)

/** By the name: browsers call the same file by different types. */
export function contentTypeOf({ name }: Pick<File, 'name'>): string | undefined {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(types, extension) ? types[extension] : undefined
}

/** Up to here a file is read once before it is sent, so that the bucket can tell whether it arrived as it left. */
const largestHashed = 100 * 1024 ** 2

export async function requestGrant(trackId: string, file: File): Promise<Grant> {
  const sha256 = file.size < largestHashed ? await hashOf(file) : undefined
  return post<Grant>(`${trackPath(trackId)}/uploads`, {
    filename: file.name,
    content_type: contentTypeOf(file) ?? file.type,
    size_bytes: file.size,
    ...(sha256 && { sha256 }),
  })
}

async function hashOf(file: File): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
