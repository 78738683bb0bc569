import { readSyncSafe } from '../formats/body.ts'
import type { Region } from '../formats/layout.ts'
import { createMemorySource, type RangedSource } from '../ranged-source.ts'
import { type CollectedTags, type EmbeddedPicture, largestValueBytes, mustBeFew } from './pieces.ts'

interface Frame extends Region {
  readonly id: string
  readonly flags: Buffer
}

const largestCopiedTag = 1024 * 1024

/** Texts and pictures of an ID3v2 tag. What stands in others (fingerprints, beat grids, whole files) stays unread. */
export async function collectId3(source: RangedSource, region: Region): Promise<CollectedTags> {
  const head = Buffer.from(await source.read(region.position, 14))
  const major = head[3] ?? 0
  if (head.toString('latin1', 0, 3) !== 'ID3' || major < 2 || major > 4) return { pieces: [], pictures: [] }
  const isRewritten = (head[5]! & 0x80) !== 0 && major < 4
  const from = 10 + extendedHeaderBytes(head, major)
  const inside = { position: region.position + from, length: Math.max(region.length - from, 0) }
  if (!isRewritten) return collectFrames(source, inside, major)
  if (inside.length > largestCopiedTag) return { pieces: [], pictures: [] }
  const plain = undoRewriting(Buffer.from(await source.read(inside.position, inside.length)))
  return collectFrames(createMemorySource(plain), { position: 0, length: plain.length }, major, true)
}

function extendedHeaderBytes(head: Buffer, major: number): number {
  if (!(head[5]! & 0x40) || major === 2 || head.length < 14) return 0
  return major === 3 ? 4 + head.readUInt32BE(10) : readSyncSafe(head, 10)
}

/** A zero behind each 0xff keeps old players from taking the tag for sound. */
function undoRewriting(bytes: Buffer): Buffer {
  const plain = Buffer.alloc(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    plain[length++] = bytes[at]!
    if (bytes[at] === 0xff && bytes[at + 1] === 0) at++
  }
  return plain.subarray(0, length)
}

async function collectFrames(
  source: RangedSource,
  inside: Region,
  major: number,
  isCopy = false,
): Promise<CollectedTags> {
  const texts: Buffer[] = []
  const pictures: EmbeddedPicture[] = []
  let [count, end] = [0, inside.position]
  for await (const frame of walkFrames(source, inside, major)) {
    mustBeFew(++count)
    end = frame.position + frame.length
    if (isPacked(frame, major)) continue
    const write = async (from: RangedSource) =>
      toFrame(frame, Buffer.from(await from.read(frame.position, frame.length)), major)
    if (/^T(?!XX)/.test(frame.id) && frame.length <= largestValueBytes) texts.push(await write(source))
    if (/^(APIC|PIC)$/.test(frame.id)) {
      const read = async (whole: RangedSource) => toPiece([await write(isCopy ? source : whole)], major)
      pictures.push({ size_bytes: frame.length, read })
    }
  }
  const rest = { position: end, length: inside.position + inside.length - end }
  return { pieces: [toPiece(texts, major)], pictures, unused: isCopy ? [] : [rest] }
}

async function* walkFrames(source: RangedSource, { position, length }: Region, major: number) {
  const end = position + length
  const headerBytes = major === 2 ? 6 : 10
  let at = position
  while (at + headerBytes <= end) {
    const header = Buffer.from(await source.read(at, headerBytes))
    const id = header.toString('latin1', 0, major === 2 ? 3 : 4)
    if (!isFrameId(id)) return
    const size = await readFrameSize(source, header, { at, end, major })
    const frame: Frame = { id, position: at + headerBytes, length: size, flags: header.subarray(8, 10) }
    if (frame.position + size > end) return
    yield frame
    at = frame.position + size
  }
}

const isFrameId = (id: string) => /^[A-Z][A-Z0-9]{2,3}$/.test(id)

/** Old versions of iTunes wrote the sizes of version 4 as those of version 3: right is what leads to another frame. */
async function readFrameSize(source: RangedSource, header: Buffer, { at, end, major }: FramePlace) {
  if (major === 2) return header.readUIntBE(3, 3)
  const plain = header.readUInt32BE(4)
  if (major === 3) return plain
  const safe = readSyncSafe(header, 4)
  const leadsOn = async (size: number) => {
    const next = at + 10 + size
    if (next >= end) return next === end
    const id = Buffer.from(await source.read(next, 4)).toString('latin1')
    return isFrameId(id) || id.startsWith('\0')
  }
  return safe === plain || (await leadsOn(safe)) || !(await leadsOn(plain)) ? safe : plain
}

interface FramePlace {
  readonly at: number
  readonly end: number
  readonly major: number
}

/** Compressed or encrypted. Nobody does so, but whoever has something to hide. */
const isPacked = ({ flags }: Frame, major: number) =>
  major === 3 ? (flags[1]! & 0xc0) !== 0 : major === 4 && (flags[1]! & 0x0c) !== 0

function toFrame({ id, flags }: Frame, bytes: Buffer, major: number): Buffer {
  const head = Buffer.from(major === 2 ? `${id}\0\0\0` : `${id}\0\0\0\0\0\0`, 'latin1')
  if (major === 2) head.writeUIntBE(bytes.length, 3, 3)
  else {
    writeSize(head, 4, bytes.length, major)
    flags.copy(head, 8)
  }
  return Buffer.concat([head, bytes])
}

function toPiece(frames: readonly Buffer[], major: number) {
  const bytes = Buffer.concat([
    Buffer.from(`ID3${String.fromCharCode(major)}\0\0\0\0\0\0`, 'latin1'),
    ...frames,
  ])
  writeSize(bytes, 6, bytes.length - 10, 4)
  return { form: 'id3', bytes } as const
}

function writeSize(target: Buffer, at: number, size: number, major: number): void {
  if (major === 3) return void target.writeUInt32BE(size, at)
  for (let index = 0; index < 4; index++) target[at + index] = (size >> (7 * (3 - index))) & 0x7f
}
