import { inflateRawSync } from 'node:zlib'

const endMark = 0x06054b50
const entryMark = 0x02014b50

/** The files of a zip archive that fits in memory, by their names. */
export function unzip(archive: Buffer): Record<string, string> {
  const end = archive.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  if (end < 0 || archive.readUInt32LE(end) !== endMark) throw new Error('This is no zip archive')
  const files: Record<string, string> = {}
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== entryMark) throw new Error('The directory of the archive is broken')
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      archive.readUInt16LE(at + offset),
    ) as [number, number, number]
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength)
    files[name] = contentAt(archive, archive.readUInt32LE(at + 42), archive.readUInt32LE(at + 20))
    at += 46 + nameLength + extraLength + commentLength
  }
  return files
}

function contentAt(archive: Buffer, header: number, compressedSize: number): string {
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const bytes = archive.subarray(start, start + compressedSize)
  return (archive.readUInt16LE(header + 8) === 8 ? inflateRawSync(bytes) : bytes).toString()
}
