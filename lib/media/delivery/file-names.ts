import { create } from 'content-disposition'

/** What a file is called by the container that was found in it, whatever its uploader called it. */
const extensions: Readonly<Record<string, string>> = {
  mp3: 'mp3',
  aac: 'aac',
  wav: 'wav',
  flac: 'flac',
  aiff: 'aiff',
  mp4: 'm4a',
  ogg: 'ogg',
}

export interface NamedFile {
  readonly artist: string
  readonly title: string
  readonly container: string | null
  readonly codec: string | null
}

/** File systems take 255 bytes; browsers put a number or `.crdownload` behind. */
const longestBytes = 200
const longestArtistBytes = 80

/** `Artist - Title.flac`, as every file system takes it. */
export function audioFilename({ artist, title, container, codec }: NamedFile): string {
  const extension = codec === 'Opus' && container === 'ogg' ? 'opus' : (extensions[container ?? ''] ?? 'bin')
  const by = cut(safe(artist), longestArtistBytes)
  const stem = [by, safe(title)].filter((part) => part !== '').join(' - ')
  return withExtension(stem, `.${extension}`)
}

/** The header that has a browser save what it gets under that name (RFC 6266). */
export function attachment(filename: string): string {
  const [stem, extension] = split(safe(filename))
  const name = withExtension(stem, extension)
  return create(name, { fallback: ascii(name) })
}

function withExtension(stem: string, extension: string): string {
  const short = trimmed(cut(unreserved(trimmed(stem)), longestBytes - extension.length))
  return `${short === '' ? 'track' : short}${extension}`
}

function split(filename: string): [stem: string, extension: string] {
  const extension = /\.[a-z0-9]{1,8}$/i.exec(filename)?.[0] ?? ''
  return [filename.slice(0, filename.length - extension.length), extension]
}

/**
 * Without what a path, a shell of Windows or the eye would take for something else: separators and wildcards, controls,
 * and whatever shows nothing, turns the direction of the text or stands for half a character. What joins letters stays.
 */
const safe = (text: string): string =>
  trimmed(
    text
      .toWellFormed()
      .replace(/[/\\:|]/g, '-')
      .replaceAll('"', "'")
      .replace(/[*?<>]/g, '_')
      .replace(
        /(?![\p{Join_Control}\p{White_Space}])[\p{Cc}\p{Cf}\p{Co}\p{Noncharacter_Code_Point}\ufffd]/gu,
        '',
      )
      .replace(/\p{White_Space}+/gu, ' ')
      .normalize('NFC'),
  )

const trimmed = (text: string) => text.replace(/^[. \p{Join_Control}]+|[. \p{Join_Control}]+$/gu, '')

const unreserved = (stem: string) =>
  /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i.test(stem) ? `_${stem}` : stem

/** At most so many bytes of it, and no letter in halves, unless one alone is longer. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const letters = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)
  const whole = take(
    Array.from(letters, ({ segment }) => segment),
    bytes,
  )
  return whole === '' ? take([...text], bytes) : whole
}

function take(parts: readonly string[], bytes: number): string {
  let taken = ''
  let size = 0
  for (const part of parts) {
    size += Buffer.byteLength(part)
    if (size > bytes) break
    taken += part
  }
  return taken
}

/** For clients that know nothing of RFC 5987; some of them would decode a percent sign. */
function ascii(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]+|[%"\\/]/g, '_')
  const [stem, extension] = split(plain)
  return /[a-z0-9]/i.test(stem) ? plain : `track${extension}`
}
