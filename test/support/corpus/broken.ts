import { textNamedMp3 } from '../audio.ts'
import { box, bytes, chunk, cut, frame, id3, patch, syncSafe, text, uint32, withId3 } from './build.ts'
import type { Encoded, RecipeName } from './encode.ts'
import { recipes } from './encode.ts'
import { type CorpusFile, named } from './file.ts'
import { claimsHours, emptyFlac, emptyWav, silentFlac, withChannels } from './lengths.ts'

/** Damaged, mislabelled, or claiming what cannot be. */
export const brokenFiles = (encoded: Encoded): CorpusFile[] => [
  ...cutFiles(encoded),
  ...mislabelledFiles(encoded),
  ...lyingFiles(encoded),
  ...impossibleFiles(encoded),
  ...tagBombs(encoded),
]

const cuttable: readonly RecipeName[] = ['mp3_cbr', 'wav_s16', 'flac_16', 'aiff_s16', 'm4a_aac', 'ogg_vorbis']
const shares = [0.05, 0.35, 0.7, 0.95]

/** Twenty-four places. */
const cutFiles = (encoded: Encoded): CorpusFile[] =>
  cuttable.flatMap((name) =>
    shares.map((share) => ({
      name: `${name.replaceAll('_', ' ')} cut to ${Math.round(100 * share)} %`,
      bytes: cut(encoded[name], share),
      ...named(recipes[name].extension),
      expected: 'truncated' as const,
    })),
  )

function mislabelledFiles({
  flac_16,
  mp3_cbr,
  ogg_vorbis,
  wav_s16,
  film_mp4,
  ...encoded
}: Encoded): CorpusFile[] {
  const file = (name: string, extension: string, content: Buffer, expected: CorpusFile['expected']) => ({
    ...{ name, bytes: content, expected },
    ...named(extension),
  })
  return [
    file('flac named mp3', 'mp3', flac_16, 'content_mismatch'),
    file('mp3 named wav', 'wav', mp3_cbr, 'content_mismatch'),
    file('wav named aiff', 'aiff', wav_s16, 'content_mismatch'),
    file('m4a named aac', 'aac', encoded.m4a_aac, 'content_mismatch'),
    file('vorbis named opus', 'opus', ogg_vorbis, 'content_mismatch'),
    {
      ...file('vorbis in ogg named opus', 'ogg', ogg_vorbis, 'extension_mismatch'),
      filename: 'low-tide.opus',
    },
    file('text named mp3', 'mp3', textNamedMp3, 'unsupported_media'),
    file('one byte', 'wav', Buffer.from('R'), 'unsupported_media'),
    file('film', 'mp4', film_mp4, 'video_stream'),
    file('film without sound', 'mp4', encoded.film_without_sound, 'video_stream'),
    file('m4a under protection', 'm4a', patch(encoded.m4a_aac, 'mp4a', 'drms'), 'encrypted'),
    file('m4a of an unknown codec', 'm4a', patch(encoded.m4a_aac, 'mp4a', 'xyz9'), 'unsupported_media'),
    file('wav that holds mp3', 'wav', patch(wav_s16, 'fmt ', [0x55, 0], 8), 'unsupported_media'),
  ]
}

function lyingFiles({ wav_s16: wav, aiff_s16: aiff, flac_16: flac, m4a_aac: m4a, mp3_cbr: mp3 }: Encoded) {
  const file = (name: string, extension: string, content: Buffer, expected: CorpusFile['expected']) => ({
    ...{ name, bytes: content, expected },
    ...named(extension),
  })
  const head = wav.subarray(0, 36)
  const ftyp = m4a.readUInt32BE(0)
  return [
    file(
      'wav chunk of 4 GB before the samples',
      'wav',
      bytes(head, chunk('LIST', Buffer.alloc(8), 'LE', 0xffff_fff0), wav.subarray(36)),
      'truncated',
    ),
    file(
      'wav chunk of negative size',
      'wav',
      bytes(head, chunk('LIST', Buffer.alloc(8), 'LE', 0x8000_0000), wav.subarray(36)),
      'truncated',
    ),
    file(
      'wav samples of negative size',
      'wav',
      patch(wav, 'data', uint32(0x8000_0001, 'LE'), 4),
      'truncated',
    ),
    file(
      'wav of 2 000 chunks',
      'wav',
      bytes(head, ...Array.from({ length: 2_000 }, () => chunk('JUNK', Buffer.alloc(2))), wav.subarray(36)),
      'malformed',
    ),
    file('wav whose frames are not its samples', 'wav', patch(wav, 'fmt ', [1, 0], 20), 'malformed'),
    file('aiff chunk of 4 GB', 'aiff', patch(aiff, 'COMM', uint32(0xffff_fff0), 4), 'truncated'),
    file('aiff of more frames than bytes', 'aiff', patch(aiff, 'COMM', uint32(0x7fff_ffff), 10), 'truncated'),
    file('flac block of 16 MB', 'flac', patch(flac, 'fLaC', [0x04, 0xff, 0xff, 0xff], 42), 'truncated'),
    file(
      'm4a box of 2^63 bytes',
      'm4a',
      bytes(m4a.subarray(0, ftyp), uint32(1), 'mdat', [0x7f], Buffer.alloc(7, 0xff), m4a.subarray(ftyp)),
      'truncated',
    ),
    file(
      'm4a box of 4 bytes',
      'm4a',
      bytes(m4a.subarray(0, ftyp), uint32(4), 'free', m4a.subarray(ftyp)),
      'malformed',
    ),
    file('m4a box of negative size', 'm4a', patch(m4a, 'moov', uint32(0xffff_ffff), -4), 'truncated'),
    file('m4a boxes nested 5 000 deep', 'm4a', nestedBoxes(5_000), 'malformed'),
    file(
      'mp3 summary of too many frames',
      'mp3',
      patch(mp3, 'Info', uint32(2_000_000_000), 8),
      'implausible_length',
    ),
  ] satisfies CorpusFile[]
}

function nestedBoxes(depth: number): Buffer {
  const boxes: Buffer[] = []
  for (let level = depth; level > 0; level--)
    boxes.push(bytes(uint32(8 * level), level === depth ? 'moov' : 'trak'))
  return bytes(box('ftyp', bytes('M4A ', uint32(0))), ...boxes)
}

function impossibleFiles(encoded: Encoded): CorpusFile[] {
  const file = (name: string, extension: string, content: Buffer, expected: CorpusFile['expected']) => ({
    ...{ name, bytes: content, expected },
    ...named(extension),
  })
  return [
    file('nothing at all', 'mp3', Buffer.alloc(0), 'empty'),
    file('wav of no samples', 'wav', emptyWav(), 'no_sound'),
    file('flac of no frames', 'flac', emptyFlac(), 'no_sound'),
    file('opus of no samples', 'opus', claimsHours(encoded.opus, 0), 'no_sound'),
    file('wav of 9 channels', 'wav', withChannels(9), 'too_many_channels'),
    file('wav of 1 000 channels', 'wav', withChannels(1_000), 'too_many_channels'),
    file('wav of no channel', 'wav', withChannels(0), 'malformed'),
    file('opus of 255 channels', 'opus', patch(encoded.opus, 'OpusHead', [255], 9), 'too_many_channels'),
    file('flac of two hours of silence in 90 kB', 'flac', silentFlac(2 * 3_600), 'implausible_length'),
    file('flac of two minutes of silence', 'flac', silentFlac(120), 'accepted'),
    file('flac of 25 hours', 'flac', silentFlac(25 * 3_600), 'too_long'),
    file('opus that claims 5 hours', 'opus', claimsHours(encoded.opus, 5), 'implausible_length'),
    file('opus that claims 30 hours', 'opus', claimsHours(encoded.opus, 30), 'too_long'),
    file(
      'wav at one sample a second',
      'wav',
      patch(encoded.wav_s16, 'fmt ', uint32(1, 'LE'), 12),
      'malformed',
    ),
    file('m4a of no time', 'm4a', patch(encoded.m4a_aac, 'mdhd', uint32(0), 16), 'malformed'),
  ]
}

function tagBombs({ mp3_cbr: mp3, flac_16: flac }: Encoded): CorpusFile[] {
  const file = (name: string, content: Buffer, expected: CorpusFile['expected'], extension = 'mp3') => ({
    ...{ name, bytes: content, expected },
    ...named(extension),
  })
  const claimed = bytes('ID3\x04\0\0', syncSafe(2 ** 28 - 1))
  const many = (count: number) => Array.from({ length: count }, () => text('TIT2', 'x'))
  const packed = frame('TIT2', Buffer.alloc(200, 'x'), { flags: 0x80 })
  return [
    file('ID3 tag of 256 MB that is not there', bytes(claimed, mp3), 'truncated'),
    file('ID3 tag of 6 000 frames', withId3(mp3, ...many(6_000)), 'oversized_tags'),
    file('ID3 tag of 3 000 frames', withId3(mp3, ...many(3_000)), 'accepted'),
    file(
      'ID3 frame of 4 GB',
      withId3(mp3, frame('TIT2', Buffer.from('x'), { size: 0xffff_ffff })),
      'accepted',
    ),
    file(
      'ID3 frame of negative size',
      withId3(mp3, frame('TIT2', Buffer.from('x'), { size: 0x8000_0000 })),
      'accepted',
    ),
    file('ID3 frames that unpack themselves', withId3(mp3, packed, text('TPE1', 'Ada North')), 'accepted'),
    file(
      '12 ID3 tags in a row',
      bytes(...Array.from({ length: 12 }, () => id3(text('TIT2', 'x'))), mp3),
      'malformed',
    ),
    file('ID3 tag and nothing else', id3(text('TIT2', 'x')), 'truncated'),
    file('flac of 6 000 comments', withComments(flac, 6_000), 'oversized_tags', 'flac'),
    file('flac whose comments claim to be 4 billion', withComments(flac, 2, 0xffff_ffff), 'accepted', 'flac'),
  ]
}

/** Another block of comments, right behind STREAMINFO. */
function withComments(flac: Buffer, count: number, claimed = count): Buffer {
  const lines = Array.from({ length: count }, (_, at) =>
    bytes(uint32(7, 'LE'), `A=${String(at).padStart(5, '0')}`),
  )
  const block = bytes(uint32(0), uint32(claimed, 'LE'), ...lines)
  return bytes(flac.subarray(0, 42), uint32(0x0400_0000 + block.length), block, flac.subarray(42))
}
