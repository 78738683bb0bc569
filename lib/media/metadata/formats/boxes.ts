import type { RangedSource } from '../ranged-source.ts'
import { Refused, type Region } from './layout.ts'

export interface Box extends Region {
  readonly type: string
}

const mostBoxes = 1_000

/** The boxes that stand in a stretch of an MP4, as far as they go; one that reaches beyond it is cut short, or lies. */
export async function listBoxes(
  source: RangedSource,
  { position: start, length }: Region,
  isBox = (type: string) => /^[\xa9 -~]{4}$/.test(type),
): Promise<readonly Box[]> {
  const end = start + length
  const boxes: Box[] = []
  let position = start
  while (position + 8 <= end) {
    if (boxes.length === mostBoxes) throw new Refused('malformed')
    const header = Buffer.from(await source.read(position, 16))
    const type = header.toString('latin1', 4, 8)
    // QuickTime ends some lists with four zeros.
    if (!isBox(type)) return boxes
    const { size, headerBytes } = readSize(header, end - position)
    if (size < headerBytes) throw new Refused('malformed')
    if (position + size > end) throw new Refused('truncated')
    boxes.push({ type, position: position + headerBytes, length: size - headerBytes })
    position += size
  }
  return boxes
}

function readSize(header: Buffer, rest: number) {
  const size = header.readUInt32BE(0)
  if (size === 0) return { size: rest, headerBytes: 8 }
  if (size > 1 || header.length < 16) return { size, headerBytes: 8 }
  return { size: Number(header.readBigUInt64BE(8)), headerBytes: 16 }
}

/** The first of a kind below others, by the way down to it. */
export async function findBox(
  source: RangedSource,
  within: Region,
  path: readonly string[],
): Promise<Box | undefined> {
  const [type, ...rest] = path
  const box = (await listBoxes(source, within)).find((candidate) => candidate.type === type)
  return box && rest.length > 0 ? findBox(source, box, rest) : box
}
