import { bytes, chunk, patch, text, uint32, withChunk, withId3, zip } from './build.ts'
import type { Encoded } from './encode.ts'
import { type CorpusFile, named } from './file.ts'

const page = '<!DOCTYPE html><html><body><script>alert(1)</script></body></html>'
const pdf = '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF'
const elf = bytes('\x7fELF\x02\x01\x01', Buffer.alloc(200, 1))
const exe = bytes('MZ', Buffer.alloc(126, 1), 'PE\0\0')
const rar = bytes('Rar!\x1a\x07\x01\0', Buffer.alloc(100, 1))
const sevenZip = bytes("7z\xbc\xaf'\x1c\0\x04", Buffer.alloc(100, 1))

/** Sounds that are something else as well, depending on who opens them. */
export async function polyglots(encoded: Encoded): Promise<CorpusFile[]> {
  const { mp3_cbr: mp3, wav_s16: wav, flac_16: flac, aiff_s16: aiff, m4a_aac: m4a, ogg_vorbis: ogg } = encoded
  const archive = await zip({ 'readme.txt': Buffer.from('Hello'), 'Main.class': Buffer.alloc(500, 1) })
  const nested = await zip({ 'inner.zip': await zip({ 'innermost.zip': archive }) })
  const file = (name: string, extension: string, content: Buffer): CorpusFile => ({
    ...{ name, bytes: content, expected: 'polyglot' },
    ...named(extension),
  })
  const both = [
    ['mp3', mp3],
    ['wav', wav],
    ['flac', flac],
    ['aiff', aiff],
    ['m4a', m4a],
    ['ogg', ogg],
  ] as const
  return [
    ...both.map(([extension, sound]) => file(`${extension} before a zip`, extension, bytes(sound, archive))),
    file('mp3 behind a zip', 'mp3', bytes(archive, mp3)),
    file('zip whose comment is an mp3', 'mp3', zipWithComment(archive, mp3.subarray(0, 30_000))),
    file('zip in a zip in a zip named mp3', 'mp3', nested),
    file(
      'mp3 with a zip in its tag',
      'mp3',
      bytes(withId3(mp3.subarray(0, 20_000), text('TIT2', 'x')), archive),
    ),
    file('wav with a zip in its last chunk', 'wav', withChunk(wav, chunk('JUNK', archive))),
    file('m4a with a zip in its last box', 'm4a', bytes(m4a, uint32(archive.length + 8), 'free', archive)),
    file('pdf and mp3', 'mp3', bytes(pdf, mp3)),
    file('pdf in the title of an mp3', 'mp3', withId3(mp3, text('TIT2', pdf))),
    file('page and mp3', 'mp3', bytes(page, mp3)),
    file('page behind spaces and mp3', 'mp3', bytes('\n \t', page, mp3)),
    file('page behind an ID3 tag and before the frames', 'mp3', withId3(bytes(page, mp3), text('TIT2', 'x'))),
    file('program for Linux and mp3', 'mp3', bytes(elf, mp3)),
    file('program for Windows and mp3', 'mp3', bytes(exe, mp3)),
    file('script and mp3', 'mp3', bytes('#!/bin/sh\nrm -rf /\nexit\n', mp3)),
    file('mp3 before a rar', 'mp3', bytes(mp3, rar)),
    file('flac before a 7z', 'flac', bytes(flac, sevenZip)),
    file('ogg before a program', 'ogg', bytes(ogg, elf)),
    file('wav before a page', 'wav', bytes(wav, page)),
    file('flac with a program in its padding', 'flac', withApplication(flac, elf)),
    file('wav with a program in a chunk', 'wav', withChunk(wav, chunk('JUNK', elf))),
    file('m4a with a program in a free box', 'm4a', bytes(m4a, uint32(elf.length + 8), 'free', elf)),
    file('mp3 before 100 kB of something', 'mp3', bytes(mp3, something(100_000))),
    file('wav before 100 kB of something', 'wav', bytes(wav, something(100_000))),
    file('ogg before 100 kB of something', 'ogg', bytes(ogg, something(100_000))),
    file('mp3 behind 5 kB of something', 'mp3', bytes(something(5_000), mp3)),
    file('gif and mp3', 'mp3', bytes('GIF89a', Buffer.alloc(100, 1), mp3)),
  ]
}

/** Of no value twice in a row, and never like the start of a frame. */
const something = (length: number) => Buffer.from(Array.from({ length }, (_, at) => (at * 7_919) % 251))

function zipWithComment(archive: Buffer, comment: Buffer): Buffer {
  const out = bytes(archive, comment)
  out.writeUInt16LE(comment.length, archive.length - 2)
  return out
}

/** A block that players skip, behind the first one. */
const withApplication = (flac: Buffer, content: Buffer) =>
  bytes(flac.subarray(0, 42), uint32(0x0100_0000 + content.length), content, flac.subarray(42))

/** Bytes of the second kind hidden so that the first still looks whole. */
export const disguised = (encoded: Encoded): CorpusFile[] => [
  {
    name: 'wav whose codec is a program',
    bytes: patch(encoded.wav_s16, 'fmt ', [0x4d, 0x5a], 8),
    ...named('wav'),
    expected: 'unsupported_media',
  },
]
