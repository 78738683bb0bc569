import type { Container } from '../../audio-types.ts'
import type { RangedSource } from '../ranged-source.ts'
import type { Body } from './layout.ts'
import { searchBytes } from './mpeg.ts'
import { findMpegFrame } from './mpeg-frame.ts'

/** Tells the container from the bytes alone; undefined when they are no audio that we take. */
export async function sniffContainer(source: RangedSource, { start }: Body): Promise<Container | undefined> {
  const head = await source.read(start, searchBytes)
  const text = Buffer.from(head.subarray(0, 12)).toString('latin1')
  if (text.startsWith('fLaC')) return 'flac'
  if (text.startsWith('OggS')) return 'ogg'
  if (/^(RIFF|RF64|BW64).{4}WAVE/s.test(text)) return 'wav'
  if (/^FORM.{4}AIF[FC]/s.test(text)) return 'aiff'
  if (text.startsWith('ftyp', 4)) return 'mp4'
  return findMpegFrame(head)?.kind
}
