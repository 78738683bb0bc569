import type { RangedSource } from '../ranged-source.ts'
import { Refused, type Region } from './layout.ts'

export interface Chunk extends Region {
  readonly id: string
}

/** Workstations write some twenty. */
const mostChunks = 1_000

export interface ChunkOptions {
  readonly lengthOf: (header: Buffer) => number
  /** Chunks of these names have the length of something else: the whole rest, or what another chunk says. */
  readonly replaceLength?: (chunk: Chunk) => number
}

/**
 * RIFF and IFF are a row of chunks. Ends where no further chunk stands; one that is longer than the file is still
 * told of, with the length it claims.
 */
export async function* walkChunks(
  source: RangedSource,
  start: number,
  end: number,
  { lengthOf, replaceLength = ({ length }) => length }: ChunkOptions,
): AsyncGenerator<Chunk> {
  let position = start
  for (let count = 0; position + 8 <= end; count++) {
    if (count === mostChunks) throw new Refused('malformed')
    const header = Buffer.from(await source.read(position, 8))
    const id = header.toString('latin1', 0, 4)
    if (!/^[ -~]{4}$/.test(id)) return
    const length = replaceLength({ id, position: position + 8, length: lengthOf(header) })
    yield { id, position: position + 8, length }
    position += 8 + length + (length % 2)
  }
}
