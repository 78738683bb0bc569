export type Container = 'mp3' | 'aac' | 'wav' | 'flac' | 'aiff' | 'mp4' | 'ogg'

interface AudioType {
  readonly container: Container
  readonly extensions: readonly string[]
  /** Where one container carries several, the codec that the type names. */
  readonly codec?: string
}

/** Every type an uploader may declare, with the file names that go with it. */
const types = {
  'audio/mpeg': { container: 'mp3', extensions: ['mp3'] },
  'audio/mp3': { container: 'mp3', extensions: ['mp3'] },
  'audio/x-mp3': { container: 'mp3', extensions: ['mp3'] },
  'audio/x-mpeg': { container: 'mp3', extensions: ['mp3'] },
  'audio/aac': { container: 'aac', extensions: ['aac'] },
  'audio/x-aac': { container: 'aac', extensions: ['aac'] },
  // What Chromium on Windows calls an .aac file.
  'audio/vnd.dlna.adts': { container: 'aac', extensions: ['aac'] },
  'audio/wav': { container: 'wav', extensions: ['wav', 'wave'] },
  'audio/wave': { container: 'wav', extensions: ['wav', 'wave'] },
  'audio/x-wav': { container: 'wav', extensions: ['wav', 'wave'] },
  'audio/vnd.wave': { container: 'wav', extensions: ['wav', 'wave'] },
  'audio/flac': { container: 'flac', extensions: ['flac'] },
  'audio/x-flac': { container: 'flac', extensions: ['flac'] },
  'audio/aiff': { container: 'aiff', extensions: ['aiff', 'aif', 'aifc'] },
  'audio/x-aiff': { container: 'aiff', extensions: ['aiff', 'aif', 'aifc'] },
  'audio/mp4': { container: 'mp4', extensions: ['m4a', 'mp4'] },
  'audio/m4a': { container: 'mp4', extensions: ['m4a'] },
  'audio/x-m4a': { container: 'mp4', extensions: ['m4a'] },
  'audio/ogg': { container: 'ogg', extensions: ['ogg', 'oga', 'opus'] },
  'audio/opus': { container: 'ogg', extensions: ['opus', 'ogg'], codec: 'Opus' },
} as const satisfies Record<string, AudioType>

export type AudioContentType = keyof typeof types
export const audioContentTypes = Object.keys(types) as [AudioContentType, ...AudioContentType[]]

export function findAudioType(contentType: string): AudioType | undefined {
  return Object.hasOwn(types, contentType) ? types[contentType as AudioContentType] : undefined
}

export function hasExtensionOf(contentType: AudioContentType, filename: string): boolean {
  const extension = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase()
  return extension !== undefined && findAudioType(contentType)!.extensions.includes(extension)
}
