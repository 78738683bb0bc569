import { deflateSync } from 'node:zlib'
import { makePicture } from '../pictures.ts'
import {
  bytes,
  chunk,
  frame,
  id3,
  pictureFrame,
  png,
  pngBlock,
  syncSafe,
  withChunk,
  withId3,
} from './build.ts'
import type { Encoded } from './encode.ts'
import { type CorpusFile, named } from './file.ts'
import { withOggCover } from './valid.ts'

const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

/** Sounds that are taken whatever becomes of the picture in them. */
export async function filesWithPictures(encoded: Encoded): Promise<CorpusFile[]> {
  const { mp3_cbr: mp3, wav_s16: wav, aiff_s16: aiff, opus } = encoded
  const [cover, photo] = [await makePicture('png'), await makePicture('jpeg')]
  const huge = png(40_000, 40_000, pngBlock('IDAT', deflateSync(Buffer.alloc(1_000))))
  const file = (
    name: string,
    content: Buffer,
    picture: CorpusFile['picture'],
    extension = 'mp3',
  ): CorpusFile => ({
    ...{ name, bytes: content, expected: 'accepted', picture: picture! },
    ...named(extension),
  })
  return [
    file('mp3 with a photo', withId3(mp3, pictureFrame(photo, 'image/jpeg')), 'ready'),
    file('mp3 with a picture of another type', withId3(mp3, pictureFrame(photo, 'image/png')), 'ready'),
    file('mp3 with a rewritten picture', bytes(rewritten(pictureFrame(photo, 'image/jpeg')), mp3), 'ready'),
    file('wav with a cover', withChunk(wav, chunk('id3 ', id3(pictureFrame(cover)))), 'ready', 'wav'),
    file(
      'aiff with a cover',
      withChunk(aiff, chunk('ID3 ', id3(pictureFrame(cover)), 'BE')),
      'ready',
      'aiff',
    ),
    file('opus with a cover among its comments', withOggCover(opus, cover), 'ready', 'opus'),
    file('mp3 with a picture of 40 000 x 40 000', withId3(mp3, pictureFrame(huge)), 'too_large'),
    file(
      'mp3 with a drawing in SVG',
      withId3(mp3, pictureFrame(Buffer.from(svg), 'image/svg+xml')),
      'unsupported_media',
    ),
    file('mp3 with a BMP', withId3(mp3, pictureFrame(bytes('BM', Buffer.alloc(500)))), 'unsupported_media'),
    file(
      'mp3 with a picture of 16 MiB',
      withId3(mp3, pictureFrame(bytes(cover, Buffer.alloc(2 ** 24)))),
      'too_large',
    ),
    file('mp3 with a picture cut short', withId3(mp3, pictureFrame(cover.subarray(0, 900))), 'truncated'),
    { ...file('mp3 with a picture that unpacks itself', packed(mp3), undefined), picture: undefined },
  ].map(({ picture, ...rest }) => (picture ? { ...rest, picture } : rest))
}

/** With a zero behind each 0xff, as version 3 keeps old players from taking a tag for sound. */
function rewritten(body: Buffer): Buffer {
  const out: number[] = []
  for (const byte of body) out.push(...(byte === 0xff ? [byte, 0] : [byte]))
  return bytes('ID3\x03\0\x80', syncSafe(out.length), out)
}

/** 50 MB of zeros in 50 kB. */
const packed = (mp3: Buffer) =>
  withId3(mp3, frame('APIC', deflateSync(Buffer.alloc(50_000_000)), { flags: 0x80 }))
