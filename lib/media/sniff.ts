import type { Container } from './audio-types.ts'
import { findMpegFrame } from './mpeg-frame.ts'
import type { RangedSource } from './ranged-source.ts'

export interface Sniffed {
  readonly container: Container
  /** Where the container begins: behind an ID3 tag, if there is one. */
  readonly offset: number
}

/** How far into a file the first MPEG frame may stand. */
const searchBytes = 8 * 1024

/** Tells the container from the bytes alone; undefined when they are no audio that we take. */
export async function sniffContainer(source: RangedSource): Promise<Sniffed | undefined> {
  const offset = id3Length(await source.read(0, 10))
  const head = await source.read(offset, searchBytes)
  const container = containerOf(head)
  return container && { container, offset }
}

function containerOf(head: Uint8Array): Container | undefined {
  const text = Buffer.from(head.subarray(0, 12)).toString('latin1')
  if (text.startsWith('fLaC')) return 'flac'
  if (text.startsWith('OggS')) return 'ogg'
  if (/^RIFF.{4}WAVE/s.test(text)) return 'wav'
  if (/^FORM.{4}AIF[FC]/s.test(text)) return 'aiff'
  if (text.startsWith('ftyp', 4)) return 'mp4'
  return findMpegFrame(head)?.kind
}

/** Bytes of an ID3v2 tag at the start, header and footer counted in. */
export function id3Length(head: Uint8Array): number {
  if (head.length < 10 || Buffer.from(head.subarray(0, 3)).toString('latin1') !== 'ID3') return 0
  const [flags = 0, ...size] = head.subarray(5, 10)
  const length = size.reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0)
  return 10 + length + (flags & 0x10 ? 10 : 0)
}
