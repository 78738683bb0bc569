import { logger } from '../../../logger.ts'
import { type RangedSource, SourceUnavailable } from '../ranged-source.ts'
import { parsePieces } from './parse.ts'
import type { EmbeddedPicture } from './pieces.ts'

/** The bytes of the picture alone, whatever it is; undefined where they cannot be made out. */
export async function readPicture(
  source: RangedSource,
  picture: EmbeddedPicture,
): Promise<Uint8Array | undefined> {
  try {
    const [parsed] = await parsePieces([await picture.read(source)], { withPictures: true })
    return parsed?.common.picture?.[0]?.data
  } catch (error) {
    if (error instanceof SourceUnavailable) throw error
    logger.info('A picture could not be read', { error })
    return undefined
  }
}
