import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ObjectHeaders, ObjectStore } from '../../lib/aws/object-store.ts'
import { createMemoryMultipart, type MemoryMultipart, type MultipartOperation } from './memory-multipart.ts'

interface StoredObject {
  readonly version_id: string
  readonly bytes: Buffer
  readonly etag: string
  /** What it was put with. */
  headers?: ObjectHeaders
  tags: Readonly<Record<string, string>>
}

export interface MemoryStore extends ObjectStore, MemoryMultipart {
  /** What is read when no version is named. */
  readonly objects: Map<string, StoredObject>
  /** All that are left, by key and the oldest first. */
  readonly versions: Map<string, StoredObject[]>
  /** Writes an object and answers with the notification's message that tells of it. */
  arrive(key: string, bytes: Buffer): unknown
  /** The message that tells of the object as it is, if it is there. */
  eventOf(key: string): unknown
  /** The next call of this kind fails, before or after it took effect. */
  failNext(operation: Operation, when?: 'before' | 'after'): void
}

export type Operation = MultipartOperation | 'getStream' | 'getRange' | 'copyFrom' | 'put' | 'remove' | 'tag'

/** Buckets in memory with S3's rules that our code relies on: versions, entity tags, conditions, missing keys. */
export function createMemoryStorage(...names: readonly string[]): Record<string, MemoryStore> {
  const buckets = new Map<string, MemoryStore>()
  for (const name of names) buckets.set(name, createBucket(name, buckets))
  return Object.fromEntries(buckets)
}

function createBucket(name: string, buckets: ReadonlyMap<string, MemoryStore>): MemoryStore {
  const objects = new Map<string, StoredObject>()
  const versions = new Map<string, StoredObject[]>()
  const faults = new Map<Operation, 'before' | 'after'>()

  const write = (key: string, bytes: Buffer) => {
    const etag = createHash('md5').update(bytes).digest('hex')
    const object: StoredObject = { version_id: randomUUID(), bytes, etag, tags: {} }
    objects.set(key, object)
    versions.set(key, [...(versions.get(key) ?? []), object])
    return object
  }

  const eventOf = (key: string) => {
    const object = objects.get(key)
    return object && bucketEvent(name, key, object.bytes.length, object.etag, object.version_id)
  }

  const removeVersion = (key: string, versionId: string) => {
    const left = (versions.get(key) ?? []).filter(({ version_id }) => version_id !== versionId)
    versions.set(key, left)
    const newest = left.at(-1)
    if (newest) objects.set(key, newest)
    else objects.delete(key)
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
    versions,
    arrive: (key, bytes) => {
      write(key, bytes)
      return eventOf(key)
    },
    eventOf,
    failNext: (operation, when = 'before') => faults.set(operation, when),
    presignPut: async (key, { content_type }) => ({
      url: `https://${name}.test/${key}?signature=put`,
      headers: { 'content-type': content_type },
    }),
    presignGet: async (key, _seconds, { version_id } = {}) =>
      `https://${name}.test/${key}?${version_id ? `versionId=${version_id}&` : ''}signature=get`,
    put: async (key, body, headers) => {
      const bytes = await buffer(body)
      await attempt('put', () => {
        write(key, bytes).headers = headers
      })
    },
    getStream: (object) =>
      attempt('getStream', () => {
        const { bytes } = existing(versions, object)
        return { body: Readable.from(chunksOf(bytes)), size_bytes: bytes.length }
      }),
    getRange: (key, first, last, versionId) =>
      attempt('getRange', () => {
        const version_id = versionId ?? objects.get(key)?.version_id
        return existing(versions, { key, version_id }).bytes.subarray(first, last + 1)
      }),
    copyFrom: (source, key) =>
      attempt('copyFrom', () => {
        const { bytes } = existing(buckets.get(source.bucket)!.versions, source)
        return (objects.get(key) ?? write(key, bytes)).version_id
      }),
    remove: (key, versionId) =>
      attempt('remove', () => {
        if (versionId) removeVersion(key, versionId)
        else objects.delete(key)
      }),
    tag: (object, tags) =>
      attempt('tag', () => {
        existing(versions, object).tags = tags
      }),
  }
}

interface Named {
  readonly key: string
  readonly version_id: string | undefined
  readonly etag?: string
}

function existing(
  versions: ReadonlyMap<string, readonly StoredObject[]>,
  { key, version_id, etag }: Named,
): StoredObject {
  const object = versions.get(key)?.find((version) => version.version_id === version_id)
  if (!object) throw new Error(`AccessDenied: ${key}`)
  if (etag !== undefined && object.etag !== etag) throw new Error(`PreconditionFailed: ${key}`)
  return object
}

function* chunksOf(bytes: Buffer) {
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536)
}

/** A notification as S3 sends it. */
export function bucketEvent(bucket: string, key: string, size: number, eTag: string, versionId = 'none') {
  const object = {
    key: encodeURIComponent(key).replaceAll('%20', '+'),
    size,
    eTag,
    versionId,
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
