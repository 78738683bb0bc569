import { type Body, type Layout, Refused, type Region } from './formats/layout.ts'
import type { RangedSource } from './ranged-source.ts'

/**
 * Refuses what is a sound and something else at once. A format that reads from the start is one only before the
 * sound; PDF is looked for in the first KiB by its readers, ZIP (and with it JAR, APK, Office) from the end; the
 * others in what stands around the container, or in parts of it that are there to be skipped.
 */
export async function refuseForeign(source: RangedSource, body: Body, layout: Layout): Promise<void> {
  const around = [
    { position: body.start, length: layout.start - body.start },
    { position: layout.end, length: body.end - layout.end },
  ]
  for (const region of around) await mustBeIdle(source, region)
  for (const region of layout.unused ?? []) await mustBeginHarmless(source, region)
}

/** Before anything else is looked at: such a file may well look like a damaged sound. */
export async function refuseDocuments(source: RangedSource): Promise<void> {
  const head = Buffer.from(await source.read(0, 1_024))
  if (head.includes('%PDF-') || signatureOf(head)) throw new Refused('polyglot')
  if (await endsAsZip(source)) throw new Refused('polyglot')
}

/** Stray bytes of encoders and taggers are fewer. */
const mostStrayBytes = 4 * 1024

async function mustBeIdle(source: RangedSource, { position, length }: Region): Promise<void> {
  if (length <= 0) return
  const bytes = Buffer.from(await source.read(position, Math.min(length, mostStrayBytes)))
  if (signatures.some((signature) => bytes.includes(signature, 0, 'latin1')) || startsAsText(bytes)) {
    throw new Refused('polyglot')
  }
  if (length > mostStrayBytes && !(await isPadding(source, { position, length })))
    throw new Refused('polyglot')
}

/** Encoders and download programs fill up with one and the same byte. Looked at in places. */
async function isPadding(source: RangedSource, { position, length }: Region): Promise<boolean> {
  const [first] = await source.read(position, 1)
  for (const share of [0, 0.5, 1]) {
    const at = position + Math.floor((length - mostStrayBytes) * share)
    const bytes = await source.read(at, mostStrayBytes)
    if (bytes.some((byte) => byte !== first)) return false
  }
  return true
}

async function mustBeginHarmless(source: RangedSource, { position, length }: Region): Promise<void> {
  if (length === 0) return
  const head = Buffer.from(await source.read(position, Math.min(length, 64)))
  if (signatureOf(head)) throw new Refused('polyglot')
}

/** What archives, programs, documents and pictures begin with, as far as it is long enough not to come up by chance. */
const signatures = [
  ...[
    'PK\x03\x04',
    'PK\x05\x06',
    'Rar!\x1a\x07',
    "7z\xbc\xaf'\x1c",
    '\xfd7zXZ\0',
    'MSCF\0\0\0\0',
    '!<arch>\n',
  ],
  ...['\x7fELF', '\xca\xfe\xba\xbe', '\xcf\xfa\xed\xfe', '\0asm\x01\0\0\0', 'dex\n03', '%PDF-', '{\\rtf1'],
  ...['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'SQLite format 3\0', '\x89PNG\r\n\x1a\n', 'GIF89a', 'GIF87a'],
]
/** Short ones count where a file begins, and nowhere else. */
const starts = ['MZ', '#!', 'BZh', '\x1f\x8b\x08', '\xff\xd8\xff\xe0', '\xff\xd8\xff\xe1']

const signatureOf = (bytes: Buffer): string | undefined =>
  [...signatures, ...starts].find(
    (signature) => bytes.toString('latin1', 0, signature.length) === signature,
  ) ?? (startsAsText(bytes) ? '<' : undefined)

/** Pages and programs in words of their own, with the spaces that browsers skip before them. */
const startsAsText = (bytes: Buffer): boolean =>
  /^(\xef\xbb\xbf)?\s*<(!doctype|!--|html|head|body|script|svg|iframe|\?xml|\?php)/i.test(
    bytes.toString('latin1', 0, 256),
  )

const endOfCentralDirectory = Buffer.from('PK\x05\x06', 'latin1')
const endRecordBytes = 22
const longestComment = 65_535

/** The record that readers of ZIP look for stands before a comment that ends where the file does. */
async function endsAsZip(source: RangedSource): Promise<boolean> {
  const from = Math.max(0, source.size_bytes - longestComment - endRecordBytes)
  const tail = Buffer.from(await source.read(from, source.size_bytes - from))
  let at = tail.lastIndexOf(endOfCentralDirectory)
  while (at >= 0) {
    if (isEndRecord(tail, at, from)) return true
    at = at === 0 ? -1 : tail.lastIndexOf(endOfCentralDirectory, at - 1)
  }
  return false
}

/** Most readers let some bytes stand behind the comment, so its length is a bound and no more. */
function isEndRecord(tail: Buffer, at: number, from: number): boolean {
  if (at + endRecordBytes > tail.length) return false
  const [entries, directoryBytes] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12)]
  const endsInside = at + endRecordBytes + tail.readUInt16LE(at + 20) <= tail.length
  return endsInside && entries > 0 && directoryBytes >= 46 * entries && directoryBytes <= from + at
}
