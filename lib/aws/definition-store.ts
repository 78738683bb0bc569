import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { clientSettings } from './client-settings.ts'

export interface KnownObject {
  /** Unquoted. */
  readonly etag: string
  readonly bytes: Uint8Array
}

export interface NewFile {
  readonly path: string
  readonly size_bytes: number
  /** Lower-case hex; S3 refuses other bytes. */
  readonly sha256: string
}

/** The bucket of the virus definitions. */
export interface DefinitionStore {
  /** Undefined where there is none, or none for us. */
  read(key: string): Promise<KnownObject | undefined>
  download(key: string): Promise<Readable>
  write(key: string, bytes: Uint8Array): Promise<void>
  upload(key: string, file: NewFile): Promise<void>
}

const settings = {
  ...clientSettings,
  // A file of 170 MB takes its time; that bytes flow is what counts.
  requestHandler: { ...clientSettings.requestHandler, requestTimeout: 120_000, socketTimeout: 60_000 },
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const

export function createDefinitionStore(bucket: string): DefinitionStore {
  let loading: Promise<{ s3: typeof import('@aws-sdk/client-s3'); client: S3Client }> | undefined
  const connect = async () => {
    const s3 = await import('@aws-sdk/client-s3')
    return { s3, client: new s3.S3Client(settings) }
  }
  const load = () => {
    loading ??= connect()
    return loading
  }
  return {
    async read(key) {
      const { s3, client } = await load()
      try {
        const { Body, ETag = '' } = await client.send(new s3.GetObjectCommand({ Bucket: bucket, Key: key }))
        return { etag: ETag.replaceAll('"', ''), bytes: await Body!.transformToByteArray() }
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    },
    async download(key) {
      const { s3, client } = await load()
      const { Body } = await client.send(new s3.GetObjectCommand({ Bucket: bucket, Key: key }))
      return Body as Readable
    },
    async write(key, bytes) {
      const { s3, client } = await load()
      const object = { Bucket: bucket, Key: key, Body: bytes, ContentType: 'application/json' }
      await client.send(new s3.PutObjectCommand(object))
    },
    async upload(key, { path, size_bytes, sha256 }) {
      const { s3, client } = await load()
      await client.send(
        new s3.PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(path),
          ContentLength: size_bytes,
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        }),
      )
    },
  }
}

/** Who may not list a bucket is told that what is not there is forbidden. */
const isAbsent = (error: unknown) =>
  [403, 404].includes((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0)
