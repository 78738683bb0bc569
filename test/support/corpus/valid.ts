import { bytes, chunk, frame, id3, patch, pictureBlock, text, uint32, withChunk, withId3 } from './build.ts'
import { type Encoded, type RecipeName, recipes } from './encode.ts'
import { type CorpusFile, named } from './file.ts'

const refused: readonly RecipeName[] = ['film_mp4', 'film_without_sound']
const withCover = /_cover$/

/** Every format as encoders write it, and what taggers and careless programs make of it. */
export function validFiles(encoded: Encoded): CorpusFile[] {
  const written = (Object.keys(recipes) as RecipeName[])
    .filter((name) => !refused.includes(name))
    .map((name) => ({
      name: name.replaceAll('_', ' '),
      bytes: encoded[name],
      filename: `low-tide.${recipes[name].extension}`,
      content_type: recipes[name].content_type,
      expected: 'accepted' as const,
      ...(withCover.test(name) && { picture: 'ready' as const }),
    }))
  return [...written, ...oddFiles(encoded)]
}

function oddFiles(encoded: Encoded): CorpusFile[] {
  const { mp3_cbr: mp3, wav_s16: wav, flac_16: flac, aiff_s16: aiff } = encoded
  const odd = (name: string, extension: string, file: Buffer): CorpusFile => ({
    name,
    bytes: file,
    ...named(extension),
    expected: 'accepted',
  })
  return [
    odd(
      'mp3 with tags of four kinds',
      'mp3',
      bytes(withId3(mp3, text('TIT2', 'Low Tide')), lyrics, ape, id3v1),
    ),
    odd('mp3 behind two ID3 tags', 'mp3', withId3(withId3(mp3, text('TIT2', 'One')), text('TIT2', 'Two'))),
    odd('mp3 with 300 kB of beat grids', 'mp3', withId3(mp3, frame('GEOB', Buffer.alloc(300_000, 7)))),
    odd('mp3 with a megabyte of padding', 'mp3', padded(mp3, 2 ** 20)),
    odd('mp3 that begins in the middle of a frame', 'mp3', mp3.subarray(1_000)),
    odd('mp3 with zeros at its end', 'mp3', bytes(mp3, Buffer.alloc(100_000))),
    odd('wav of no stated length', 'wav', unknownLength(wav)),
    odd('wav bw64', 'wav', patch(encoded.wav_rf64, 'RF64', 'BW64')),
    odd('wav with broadcast chunks', 'wav', withChunk(withChunk(wav, chunk('bext', Buffer.alloc(602))), cue)),
    odd('wav behind ID3', 'wav', withId3(wav, text('TIT2', 'Low Tide'))),
    odd('wav with a stray byte', 'wav', bytes(wav, [0])),
    odd('flac behind ID3 and before ID3v1', 'flac', bytes(withId3(flac, text('TIT2', 'x')), id3v1)),
    odd('flac of no stated length', 'flac', withoutTotal(flac)),
    odd('aiff with application data', 'aiff', withChunk(aiff, chunk('APPL', Buffer.alloc(50), 'BE'))),
    { ...odd('wav in capitals', 'wav', wav), filename: 'LOW TIDE.WAV' },
  ]
}

const id3v1 = bytes('TAG', 'Low Tide'.padEnd(125, '\0'))
const cue = chunk('cue ', Buffer.alloc(28))
const lyrics = bytes('LYRICSBEGININD0000200', '000021', 'LYRICS200')
const apeItem = bytes(uint32(8, 'LE'), uint32(0), 'Title\0', 'Low Tide')
const ape = bytes(
  ...['APETAGEX', uint32(2_000, 'LE'), uint32(apeItem.length + 32, 'LE'), uint32(1, 'LE')],
  ...[uint32(0xa000_0000, 'LE'), Buffer.alloc(8), apeItem],
  ...['APETAGEX', uint32(2_000, 'LE'), uint32(apeItem.length + 32, 'LE'), uint32(1, 'LE')],
  ...[uint32(0x8000_0000, 'LE'), Buffer.alloc(8)],
)

const padded = (file: Buffer, length: number) => {
  const tag = id3(text('TIT2', 'Low Tide'), Buffer.alloc(length))
  return bytes(tag, file)
}

/** As written into a pipe. */
export const unknownLength = (wav: Buffer) =>
  patch(patch(wav, 'RIFF', uint32(0xffff_ffff), 4), 'data', uint32(0xffff_ffff), 4)

/** The lower 36 bits of eight bytes in STREAMINFO. */
export function withoutTotal(flac: Buffer): Buffer {
  const out = Buffer.from(flac)
  out[21] = out[21]! & 0xf0
  out.fill(0, 22, 26)
  return out
}

/** The packet of comments grows by one that is written as text; its page is written anew. */
export function withOggCover(opus: Buffer, picture: Buffer): Buffer {
  const second = opus.indexOf('OggS', 4, 'latin1')
  const third = opus.indexOf('OggS', second + 4, 'latin1')
  const count = opus[second + 26]!
  const old = opus.subarray(second + 27 + count, third)
  const line = Buffer.from(`METADATA_BLOCK_PICTURE=${pictureBlock(picture).toString('base64')}`)
  const vendor = old.readUInt32LE(8)
  const lines = old.readUInt32LE(12 + vendor)
  const packet = bytes(old.subarray(0, 12 + vendor), uint32(lines + 1, 'LE'), old.subarray(16 + vendor))
  const longer = bytes(packet, uint32(line.length, 'LE'), line)
  const pages = toPages(opus.subarray(second, second + 26), longer)
  return bytes(opus.subarray(0, second), ...pages, opus.subarray(third))
}

const largestPage = 255 * 255

/** Full pages end in the middle of a segment row of 255; the last one ends the packet. */
function toPages(header: Buffer, packet: Buffer): Buffer[] {
  const pages: Buffer[] = []
  for (let at = 0; at <= packet.length; at += largestPage) {
    const part = packet.subarray(at, at + largestPage)
    const segments = Array.from({ length: Math.floor(part.length / 255) }, () => 255)
    if (part.length < largestPage) segments.push(part.length % 255)
    const head = Buffer.from(header)
    head[5] = at > 0 ? 1 : 0
    pages.push(bytes(head, [segments.length], segments, part))
  }
  return pages
}
