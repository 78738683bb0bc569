import type { ObjectStore } from '../../aws/object-store.ts'

export interface RangedSource {
  readonly size_bytes: number
  readonly bytesRead: () => number
  /** Fewer bytes than asked for only at the end of the object. */
  read(position: number, length: number): Promise<Uint8Array>
}

/** The object could not be read; nothing is said about what is in it. */
export class SourceUnavailable extends Error {
  override name = 'SourceUnavailable'
}

/** A file made so that it takes more reading than any honest one. */
export class SourceTooLong extends Error {
  override name = 'SourceTooLong'
}

const blockBytes = 32 * 1024

/** Far more than the structure of an honest file takes; audio itself is never read through. */
const mostBytes = 16 * 1024 * 1024

/** Reads an object by ranges of whole blocks, each at most once, so that small reads cost no request. */
export function createRangedSource(
  store: Pick<ObjectStore, 'getRange'>,
  key: string,
  sizeBytes: number,
  { versionId, maxBytes = mostBytes }: { readonly versionId?: string; readonly maxBytes?: number } = {},
): RangedSource {
  const blocks = new Map<number, Uint8Array>()
  let bytesRead = 0

  const fetchBlocks = async (first: number, last: number) => {
    const start = first * blockBytes
    const end = Math.min((last + 1) * blockBytes, sizeBytes) - 1
    bytesRead += end - start + 1
    if (bytesRead > maxBytes) throw new SourceTooLong(`More than ${maxBytes} bytes of ${key} would be read`)
    const bytes = await store.getRange(key, start, end, versionId).catch((cause) => {
      throw new SourceUnavailable(`${key} cannot be read`, { cause })
    })
    for (let block = first; block <= last; block++) {
      blocks.set(block, bytes.subarray((block - first) * blockBytes, (block - first + 1) * blockBytes))
    }
  }

  const fetchMissing = async (first: number, last: number) => {
    for (let block = first; block <= last; block++) {
      if (blocks.has(block)) continue
      let end = block
      while (end < last && !blocks.has(end + 1)) end++
      await fetchBlocks(block, end)
      block = end
    }
  }

  return {
    size_bytes: sizeBytes,
    bytesRead: () => bytesRead,
    async read(position, length) {
      const end = Math.min(position + length, sizeBytes)
      if (end <= position) return new Uint8Array()
      const first = Math.floor(position / blockBytes)
      const last = Math.floor((end - 1) / blockBytes)
      await fetchMissing(first, last)
      const offset = first * blockBytes
      if (first === last) return blocks.get(first)!.subarray(position - offset, end - offset)
      const parts = Array.from({ length: last - first + 1 }, (_, index) => blocks.get(first + index)!)
      return Buffer.concat(parts).subarray(position - offset, end - offset)
    },
  }
}

/** Bytes that are here already. */
export const createMemorySource = (bytes: Uint8Array): RangedSource => ({
  size_bytes: bytes.length,
  bytesRead: () => 0,
  read: async (position, length) => bytes.subarray(position, position + length),
})
