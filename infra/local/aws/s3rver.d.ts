/** The parts of s3rver 5 that we use; the package carries no types. */
declare module '@20minutes/s3rver' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  import type FilesystemStore from '@20minutes/s3rver/lib/stores/filesystem.js'

  export default class S3rver {
    constructor(options: {
      directory: string
      silent: boolean
      vhostBuckets: boolean
      configureBuckets: readonly { name: string }[]
    })
    store: FilesystemStore
    readonly context: { store: FilesystemStore }
    readonly logger: { close(): void; readonly exceptions: { unhandle(): void } }
    configureBuckets(): Promise<void>
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    on(event: 'error', listener: (error: Error & { readonly status?: number }) => void): this
  }
}

declare module '@20minutes/s3rver/lib/stores/filesystem.js' {
  import type { Readable } from 'node:stream'

  export interface ObjectMetadata {
    readonly etag: string
    readonly 'last-modified': string
    readonly 'content-length': number
    readonly [header: string]: unknown
  }

  export interface StoredObject {
    readonly bucket: string
    readonly key: string
    readonly size: number
    readonly lastModifiedDate: Date
    readonly metadata: ObjectMetadata
    content: Readable | null
    range?: { start: number; end: number }
  }

  export default class FilesystemStore {
    constructor(directory: string)
    readonly rootDirectory: string
    getResourcePath(bucket: string, key: string | undefined, resource: string): string
    getMetadata(bucket: string, key: string): Promise<ObjectMetadata>
    existsObject(bucket: string, key: string): Promise<boolean>
    getObject(
      bucket: string,
      key: string,
      options?: { start?: number; end?: number },
    ): Promise<StoredObject | null>
    putContent(path: string, content: Readable | Buffer): Promise<[size: number, md5: string]>
    putMetadata(bucket: string, key: string, metadata: object, md5?: string): Promise<void>
    putObject(object: StoredObject): Promise<{ size: number; md5: string; version_id?: string }>
    deleteObject(bucket: string, key: string): Promise<void>
    listObjects(
      bucket: string,
      options: { delimiter?: string; startAfter?: string; prefix?: string; maxKeys?: number },
    ): Promise<{ objects: StoredObject[]; commonPrefixes: string[]; isTruncated: boolean }>
  }
}

declare module '@20minutes/s3rver/lib/models/object.js' {
  import type { Readable } from 'node:stream'
  import type { StoredObject } from '@20minutes/s3rver/lib/stores/filesystem.js'

  const S3Object: new (
    bucket: string,
    key: string,
    content: Readable | null,
    metadata: object,
  ) => StoredObject
  export default S3Object
}

declare module '@20minutes/s3rver/lib/models/error.js' {
  const S3Error: new (code: string, message: string, detail?: Record<string, unknown>) => Error
  export default S3Error
}
