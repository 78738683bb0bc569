import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ObjectHeaders, ObjectStore } from '../../lib/aws/object-store.ts'
import { createMemoryMultipart, type MemoryMultipart, type MultipartOperation } from './memory-multipart.ts'

interface StoredObject {
  readonly bytes: Buffer
  readonly etag: string
  /** What it was put with. */
  headers?: ObjectHeaders
  tags: Readonly<Record<string, string>>
}

export interface MemoryStore extends ObjectStore, MemoryMultipart {
  readonly objects: Map<string, StoredObject>
  /** Writes an object and answers with the notification's message that tells of it. */
  arrive(key: string, bytes: Buffer): unknown
  /** The next call of this kind fails, before or after it took effect. */
  failNext(operation: Operation, when?: 'before' | 'after'): void
}

export type Operation = MultipartOperation | 'getStream' | 'getRange' | 'copyFrom' | 'put' | 'remove' | 'tag'

/** Buckets in memory with S3's rules that our code relies on: entity tags, conditions, missing keys. */
export function createMemoryStorage(...names: readonly string[]): Record<string, MemoryStore> {
  const buckets = new Map<string, Map<string, StoredObject>>(names.map((name) => [name, new Map()]))
  return Object.fromEntries(names.map((name) => [name, createBucket(name, buckets)]))
}

function createBucket(name: string, buckets: Map<string, Map<string, StoredObject>>): MemoryStore {
  const objects = buckets.get(name)!
  const faults = new Map<Operation, 'before' | 'after'>()

  const write = (key: string, bytes: Buffer) => {
    const etag = createHash('md5').update(bytes).digest('hex')
    objects.set(key, { bytes, etag, tags: {} })
    return etag
  }

  const attempt = async <T>(operation: Operation, work: () => T): Promise<T> => {
    const fault = faults.get(operation)
    faults.delete(operation)
    if (fault === 'before') throw new Error(`${operation} fails`)
    const result = work()
    if (fault === 'after') throw new Error(`${operation} fails when it is done`)
    return result
  }

  return {
    bucket: name,
    ...createMemoryMultipart({ name, objects, write, attempt }),
    objects,
    arrive: (key, bytes) => bucketEvent(name, key, bytes.length, write(key, bytes)),
    failNext: (operation, when = 'before') => faults.set(operation, when),
    presignPut: async (key, { content_type }) => ({
      url: `https://${name}.test/${key}?signature=put`,
      headers: { 'content-type': content_type },
    }),
    presignGet: async (key) => `https://${name}.test/${key}?signature=get`,
    put: async (key, body, headers) => {
      const bytes = await buffer(body)
      await attempt('put', () => {
        write(key, bytes)
        objects.get(key)!.headers = headers
      })
    },
    getStream: (key, etag) =>
      attempt('getStream', () => {
        const { bytes } = existing(objects, key, etag)
        return { body: Readable.from(chunksOf(bytes)), size_bytes: bytes.length }
      }),
    getRange: (key, first, last) =>
      attempt('getRange', () => existing(objects, key).bytes.subarray(first, last + 1)),
    copyFrom: (source, key) =>
      attempt('copyFrom', () => {
        write(key, existing(buckets.get(source.bucket)!, source.key, source.etag).bytes)
      }),
    remove: (key) =>
      attempt('remove', () => {
        objects.delete(key)
      }),
    tag: (key, tags) =>
      attempt('tag', () => {
        existing(objects, key).tags = tags
      }),
  }
}

function existing(objects: ReadonlyMap<string, StoredObject>, key: string, etag?: string): StoredObject {
  const object = objects.get(key)
  if (!object) throw new Error(`AccessDenied: ${key}`)
  if (etag !== undefined && object.etag !== etag) throw new Error(`PreconditionFailed: ${key}`)
  return object
}

function* chunksOf(bytes: Buffer) {
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536)
}

/** A notification as S3 sends it. */
export function bucketEvent(bucket: string, key: string, size: number, eTag: string) {
  const object = {
    key: encodeURIComponent(key).replaceAll('%20', '+'),
    size,
    eTag,
    sequencer: '0055AED6DCD90281E5',
  }
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: '2026-01-01T00:00:00.000Z',
        eventName: 'ObjectCreated:Put',
        s3: { s3SchemaVersion: '1.0', bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` }, object },
      },
    ],
  }
}
