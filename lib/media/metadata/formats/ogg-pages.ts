import type { RangedSource } from '../ranged-source.ts'

export interface OggPage {
  readonly position: number
  /** Where the page ends by its own header; past the end of the file when that is cut short. */
  readonly end: number
  readonly serial: number
  readonly isFirst: boolean
  /** Whether it goes on with the last packet of the page before it. */
  readonly isContinued: boolean
  /** Samples up to the end of the page; undefined when no packet ends on it. */
  readonly granule: number | undefined
  /** Lengths of the pieces of its packets; one of less than 255 ends a packet. */
  readonly segments: Uint8Array
  readonly bodyPosition: number
}

/** A page has at most 65,307 bytes. */
const tailBytes = 64 * 1024
const headerBytes = 27 + 255

/** The page that begins there, if one does. */
export async function readPage(source: RangedSource, position: number): Promise<OggPage | undefined> {
  return parsePage(Buffer.from(await source.read(position, headerBytes)), position)
}

function parsePage(bytes: Buffer, position: number): OggPage | undefined {
  if (bytes.toString('latin1', 0, 5) !== 'OggS\0') return undefined
  const count = bytes[26]
  if (count === undefined || bytes.length < 27 + count) {
    // A header that is cut itself promises at least one byte more than there is.
    const end = position + bytes.length + 1
    return { ...nothing, position, end, bodyPosition: end }
  }
  const segments = bytes.subarray(27, 27 + count)
  const granule = bytes.readBigInt64LE(6)
  const bodyPosition = position + 27 + count
  return {
    position,
    end: segments.reduce((sum, length) => sum + length, bodyPosition),
    serial: bytes.readUInt32LE(14),
    isFirst: (bytes[5]! & 2) !== 0,
    isContinued: (bytes[5]! & 1) !== 0,
    granule: granule < 0n ? undefined : Number(granule),
    segments,
    bodyPosition,
  }
}

const nothing = {
  serial: -1,
  isFirst: false,
  isContinued: false,
  granule: undefined,
  segments: new Uint8Array(),
}

/** The last page that begins before the end. */
export async function findLastOggPage(source: RangedSource, end: number): Promise<OggPage | undefined> {
  const start = Math.max(0, end - tailBytes)
  const tail = Buffer.from(await source.read(start, end - start))
  const found = tail.lastIndexOf('OggS\0')
  return found < 0 ? undefined : parsePage(tail.subarray(found), start + found)
}

/** As many as 15 MiB of a picture take, written as text. */
const mostPages = 2_000

/**
 * A packet of a stream by its number, pieced together of its pages; undefined where the stream ends before it, and
 * no more of it than asked for.
 */
export async function readPacket(
  source: RangedSource,
  start: number,
  { serial, number, most }: { readonly serial: number; readonly number: number; readonly most: number },
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let [packet, length] = [0, 0]
  let page = await readPage(source, start)
  for (let count = 0; page && count < mostPages; count++) {
    if (page.serial === serial) {
      const { position, bytes, ended } = pieceOf(page, number - packet)
      if (bytes > 0) pieces.push(Buffer.from(await source.read(position, bytes)))
      length += bytes
      packet += ended
      if (packet > number || length >= most) return Buffer.concat(pieces).subarray(0, most)
    }
    page = await readPage(source, page.end)
  }
  return undefined
}

/** Where in a page there is something of the packet behind as many that end in it; and how many end until then. */
function pieceOf({ segments, bodyPosition }: OggPage, behind: number) {
  let [position, bytes, ended] = [bodyPosition, 0, 0]
  for (const segment of segments) {
    if (ended < behind) position += segment
    else bytes += segment
    if (segment < 255) ended++
    if (ended > behind) break
  }
  return { position, bytes, ended }
}
