import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import path from 'node:path'
import { Readable } from 'node:stream'
import S3Object from '@20minutes/s3rver/lib/models/object.js'
import { AwsError } from './aws-error.ts'
import type { ObjectFiles, WrittenObject } from './s3-store.ts'
import type { Upload } from './s3-upload.ts'

/** An unfinished multipart upload. */
export interface Assembly {
  readonly id: string
  readonly key: string
  readonly headers: IncomingHttpHeaders
  /** Whether every part comes with its SHA-256. */
  readonly isVerified: boolean
}

export interface Part {
  readonly number: number
  readonly size: number
  readonly md5: string
  /** Base64; where the upload is verified. */
  readonly sha256?: string | undefined
  readonly modified: string
}

/** The parts of unfinished uploads: a folder each, with a file and a note about it for each part. */
export class PartFiles {
  private readonly files: ObjectFiles

  constructor(files: ObjectFiles) {
    this.files = files
  }

  async create(bucket: string, key: string, headers: IncomingHttpHeaders): Promise<Assembly> {
    const isVerified = headers['x-amz-checksum-algorithm'] !== undefined
    const { authorization: _, ...kept } = headers
    const assembly: Assembly = { id: randomBytes(16).toString('hex'), key, headers: kept, isVerified }
    const directory = this.directory(bucket, assembly.id)
    await mkdir(directory, { recursive: true })
    await writeWhole(path.join(directory, 'about.json'), JSON.stringify(assembly))
    return assembly
  }

  async find(bucket: string, key: string, id: string): Promise<Assembly | undefined> {
    if (!/^[0-9a-f]{32}$/.test(id)) return undefined
    const assembly = await readJson<Assembly>(path.join(this.directory(bucket, id), 'about.json'))
    return assembly?.key === key ? assembly : undefined
  }

  /** A part that comes again takes the place of the one before. */
  async put(
    bucket: string,
    { id }: Assembly,
    number: number,
    upload: Upload,
    sha256?: string,
  ): Promise<Part> {
    const file = path.join(this.directory(bucket, id), String(number))
    this.files.uploads.set(upload.body, upload)
    const [size, md5] = await this.files.putContent(file, upload.body)
    const part: Part = { number, size, md5, sha256, modified: new Date().toISOString() }
    await writeWhole(`${file}.json`, JSON.stringify(part))
    return part
  }

  /** In the order of their numbers. */
  async list(bucket: string, { id }: Assembly): Promise<Part[]> {
    const directory = this.directory(bucket, id)
    const names = (await readdir(directory)).filter((name) => /^\d+\.json$/.test(name))
    const parts = await Promise.all(names.map((name) => readJson<Part>(path.join(directory, name))))
    return parts.filter((part) => part !== undefined).sort((a, b) => a.number - b.number)
  }

  /** The parts become the object; of two who do this at the same time the second finds nothing. */
  async join(bucket: string, assembly: Assembly, parts: readonly Part[]): Promise<WrittenObject> {
    const directory = this.directory(bucket, assembly.id)
    const taken = `${directory}.joined`
    await rename(directory, taken)
    const etag = compositeOf(
      'md5',
      parts.map(({ md5 }) => Buffer.from(md5, 'hex')),
      'hex',
    )
    const body = Readable.from(concatenate(parts.map(({ number }) => path.join(taken, String(number)))))
    const size = parts.reduce((sum, part) => sum + part.size, 0)
    this.files.uploads.set(body, { body, size, checks: [], createOnly: false, etag })
    const object = new S3Object(bucket, assembly.key, body, assembly.headers)
    const { version_id } = await this.files.putObject(object).catch(async (error: Error) => {
      await rename(taken, directory)
      throw error
    })
    await rm(taken, { recursive: true })
    return { etag: JSON.stringify(etag), size, version_id }
  }

  async abort(bucket: string, { id }: Assembly): Promise<void> {
    await rm(this.directory(bucket, id), { recursive: true, force: true })
  }

  private directory(bucket: string, id: string): string {
    return path.join(this.files.getResourcePath(bucket, undefined, 'uploads'), id)
  }
}

/** The hash of the hashes of the parts, and how many they were. */
export function compositeOf(
  algorithm: 'md5' | 'sha256',
  sums: readonly Buffer[],
  encoding: 'hex' | 'base64',
) {
  return `${createHash(algorithm).update(Buffer.concat(sums)).digest(encoding)}-${sums.length}`
}

async function* concatenate(files: readonly string[]) {
  for (const file of files) yield* createReadStream(file, { highWaterMark: 256 * 1024 })
}

/** Nobody reads half of it. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, file)
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export const noSuchUpload = () =>
  new AwsError(
    'NoSuchUpload',
    404,
    'The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  )
