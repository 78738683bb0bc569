import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { bytes, chunk, frame, pictureFrame, png, pngBlock, text, withChunk, withId3, zip } from './build.ts'
import type { Encoded } from './encode.ts'
import { type CorpusFile, named } from './file.ts'
import { withOggCover } from './valid.ts'

/** In parts, so that no scanner takes this file for the real thing. */
export const eicarText = [
  'X5O!P%@AP[4\\PZX54(P^)7CC)7}$',
  'EICAR-STANDARD-ANTIVIRUS',
  '-TEST-FILE!$H+H*',
].join('')

/** The test string of the anti-virus industry, wherever it can be put. */
export async function infectedFiles(encoded: Encoded): Promise<CorpusFile[]> {
  const { mp3_cbr: mp3, wav_s16: wav, flac_16: flac } = encoded
  const eicar = Buffer.from(eicarText)
  const zipped = await zip({ 'eicar.com': eicar })
  const picture = png(1, 1, pngBlock('IDAT', deflateSync(Buffer.alloc(4))))
  const file = (name: string, extension: string, content: Buffer): CorpusFile => ({
    ...{ name, bytes: content, expected: 'infected' },
    ...named(extension),
  })
  return [
    file('EICAR', 'mp3', eicar),
    file('EICAR in a zip', 'mp3', zipped),
    file('EICAR in a zip in a zip', 'mp3', await zip({ 'eicar.zip': zipped })),
    file('EICAR in the title of an mp3', 'mp3', withId3(mp3, text('TIT2', eicarText))),
    file('EICAR as an object in a tag', 'mp3', withId3(mp3, frame('GEOB', eicar))),
    file('EICAR behind the artwork', 'mp3', withId3(mp3, pictureFrame(bytes(picture, eicar)))),
    file('EICAR at the end of an mp3', 'mp3', bytes(mp3, eicar)),
    file(
      'EICAR among the samples of a wav',
      'wav',
      bytes(wav.subarray(0, 9_000), eicar, wav.subarray(9_068)),
    ),
    file('EICAR in a chunk of a wav', 'wav', withChunk(wav, chunk('LIST', bytes('INFO', eicar)))),
    file('EICAR behind a flac', 'flac', bytes(flac, eicar)),
    file('zip of EICAR behind an mp3', 'mp3', bytes(mp3, zipped)),
    {
      ...file(
        'EICAR in artwork that is written as text',
        'opus',
        withOggCover(encoded.opus, bytes(picture, eicar)),
      ),
      expected: 'accepted',
      picture: 'infected',
    },
  ]
}

const debianFolder = '/usr/share/clamav-testfiles'
const original = join(debianFolder, 'clam.exe')

/** A harmless program that ClamAV brings in forty-four kinds of wrapping; none where they are not installed. */
export function debianFiles(): CorpusFile[] {
  if (!existsSync(original)) return []
  return readdirSync(debianFolder).map((name) => ({
    name: `Debian's ${name}`,
    bytes: readFileSync(join(debianFolder, name)),
    ...named('mp3'),
    expected: 'infected',
  }))
}

/** By its hash, what is within all of them. */
export function debianSignature(): Readonly<Record<string, string>> {
  if (!existsSync(original)) return {}
  const content = readFileSync(original)
  const md5 = createHash('md5').update(content).digest('hex')
  return { 'debian.hdb': `${md5}:${content.length}:Veza.Test.Clam\n` }
}
