import type { RangedSource } from '../ranged-source.ts'
import { parsePieces } from './parse.ts'
import type { EmbeddedPicture } from './pieces.ts'

/** The bytes of the picture alone, whatever it is; undefined where they cannot be made out. */
export async function readPicture(
  source: RangedSource,
  picture: EmbeddedPicture,
): Promise<Uint8Array | undefined> {
  const [parsed] = await parsePieces([await picture.read(source)], { withPictures: true })
  return parsed?.common.picture?.[0]?.data
}
