import { createHash, randomUUID } from 'node:crypto'
import type { MultipartStore, StoredPart } from '../../lib/aws/multipart.ts'

export interface MemoryMultipart extends MultipartStore {
  /** Uploads in parts that are neither completed nor aborted, by their id. */
  readonly multiparts: ReadonlyMap<string, { readonly key: string; readonly parts: Map<number, Buffer> }>
  /** As a client puts a part to its address; answers with its entity tag. */
  putPart(key: string, part_number: number, bytes: Buffer): string
}

export type MultipartOperation =
  | 'createMultipart'
  | 'listParts'
  | 'completeMultipart'
  | 'abortMultipart'
  | 'find'

interface MemoryObject {
  readonly bytes: Buffer
  readonly etag: string
  readonly version_id: string
}

interface Bucket {
  readonly name: string
  readonly objects: ReadonlyMap<string, MemoryObject>
  write(key: string, bytes: Buffer): MemoryObject
  attempt<T>(operation: MultipartOperation, work: () => T): Promise<T>
}

/** Uploads in parts, as far as our code relies on what S3 makes of them. */
export function createMemoryMultipart({ name, objects, write, attempt }: Bucket): MemoryMultipart {
  const multiparts = new Map<string, { key: string; parts: Map<number, Buffer> }>()
  const partsOf = (id: string): StoredPart[] | undefined => {
    const upload = multiparts.get(id)
    const sorted = [...(upload?.parts ?? [])].sort(([a], [b]) => a - b)
    return (
      upload &&
      sorted.map(([part_number, bytes]) => ({ part_number, etag: tagOf(bytes), size_bytes: bytes.length }))
    )
  }

  return {
    multiparts,
    putPart(key, part_number, bytes) {
      const [, upload] = [...multiparts].find(([, each]) => each.key === key) ?? []
      if (!upload) throw new Error(`NoSuchUpload: ${key}`)
      upload.parts.set(part_number, bytes)
      return tagOf(bytes)
    },
    createMultipart: (key) =>
      attempt('createMultipart', () => {
        const id = randomUUID()
        multiparts.set(id, { key, parts: new Map() })
        return id
      }),
    presignPart: async (key, id, { part_number, size_bytes, sha256 }) => ({
      url: `https://${name}.test/${key}?upload=${id}&part=${part_number}&bytes=${size_bytes}`,
      headers: sha256 ? { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') } : {},
    }),
    listParts: (_key, id) => attempt('listParts', () => partsOf(id)),
    completeMultipart: (key, id, named) =>
      attempt('completeMultipart', () => {
        const upload = multiparts.get(id)
        if (!upload) return undefined
        const bytes = named.map(({ part_number, etag }) => {
          const part = upload.parts.get(part_number)
          if (!part || tagOf(part) !== etag) throw new Error(`InvalidPart: ${part_number}`)
          return part
        })
        multiparts.delete(id)
        const { etag, version_id } = write(key, Buffer.concat(bytes))
        return { etag, version_id }
      }),
    abortMultipart: (_key, id) =>
      attempt('abortMultipart', () => {
        multiparts.delete(id)
      }),
    find: (key) =>
      attempt('find', () => {
        const object = objects.get(key)
        if (!object) return undefined
        const { etag, version_id, bytes } = object
        return { etag, version_id, size_bytes: bytes.length }
      }),
  }
}

/** Tests send the same large buffers over and over. */
const tags = new WeakMap<Buffer, string>()

function tagOf(bytes: Buffer): string {
  const tag = tags.get(bytes) ?? createHash('md5').update(bytes).digest('hex')
  tags.set(bytes, tag)
  return tag
}
