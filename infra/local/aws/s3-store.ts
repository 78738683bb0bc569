import { createHash, randomUUID } from 'node:crypto'
import { constants, createReadStream, createWriteStream } from 'node:fs'
import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import S3Error from '@20minutes/s3rver/lib/models/error.js'
import S3Object from '@20minutes/s3rver/lib/models/object.js'
import FilesystemStore from '@20minutes/s3rver/lib/stores/filesystem.js'
import { AwsError } from './aws-error.ts'
import type { Upload, UploadCheck } from './s3-upload.ts'

/**
 * s3rver's files, with what S3 promises and it does not keep: an object appears whole or not at all, a body
 * that differs from its declared hash leaves nothing, and tags go with their object.
 */
export class ObjectFiles extends FilesystemStore {
  /** What the front door knows of a body that s3rver will hand to `putContent`. */
  readonly uploads = new WeakMap<Readable, Upload>()

  override async putContent(target: string, content: Readable | Buffer): Promise<[number, string]> {
    const upload = content instanceof Readable ? this.uploads.get(content) : undefined
    const temporary = `${target}.${randomUUID()}.tmp`
    try {
      const written = await write(upload?.body ?? content, temporary, upload?.checks ?? [])
      if (upload && written.size !== upload.size) {
        throw refusal(
          'IncompleteBody',
          400,
          `The body has ${written.size} bytes, ${upload.size} were declared.`,
        )
      }
      await publish(temporary, target, upload?.createOnly ?? false)
      return [written.size, upload?.etag ?? written.md5]
    } catch (error) {
      throw error instanceof AwsError ? refusal(error.code, error.status, error.message) : error
    } finally {
      await rm(temporary, { force: true })
    }
  }

  override async getObject(bucket: string, key: string, options: { start?: number; end?: number } = {}) {
    const metadata = await this.findMetadata(bucket, key)
    if (!metadata) return null
    const size = metadata['content-length']
    const start = options.start ?? 0
    const end = Math.min(options.end ?? size - 1, size - 1)
    const ranged = options.start !== undefined || options.end !== undefined
    const content =
      ranged && start > end ? null : await open(this.getResourcePath(bucket, key, 'object'), start, end)
    const object = new S3Object(bucket, key, content, metadata)
    if (ranged) object.range = { start, end }
    return object
  }

  override async copyObject(
    fromBucket: string,
    fromKey: string,
    toBucket: string,
    toKey: string,
    metadata: unknown,
  ) {
    const source = this.getResourcePath(fromBucket, fromKey, 'object')
    const target = this.getResourcePath(toBucket, toKey, 'object')
    if (source === target) return super.copyObject(fromBucket, fromKey, toBucket, toKey, metadata)
    await mkdir(path.dirname(target), { recursive: true })
    const temporary = `${target}.${randomUUID()}.tmp`
    try {
      await copyFile(source, temporary, constants.COPYFILE_FICLONE)
      for (const resource of ['metadata.json', 'object.md5', 'tagging.xml']) {
        await copyIfThere(
          this.getResourcePath(fromBucket, fromKey, resource),
          this.getResourcePath(toBucket, toKey, resource),
        )
      }
      await rename(temporary, target)
    } finally {
      await rm(temporary, { force: true })
    }
    return this.getMetadata(toBucket, toKey)
  }

  override async deleteObject(bucket: string, key: string): Promise<void> {
    await this.deleteTags(bucket, key)
    await super.deleteObject(bucket, key)
  }

  async deleteTags(bucket: string, key: string): Promise<void> {
    await rm(this.getResourcePath(bucket, key, 'tagging.xml'), { force: true })
  }

  async hasTags(bucket: string, key: string): Promise<boolean> {
    return exists(this.getResourcePath(bucket, key, 'tagging.xml'))
  }

  async findMetadata(bucket: string, key: string) {
    if (!(await this.existsObject(bucket, key))) return undefined
    return this.getMetadata(bucket, key)
  }
}

/** Writes and hashes in one pass: nothing is read twice, nothing is held. */
async function write(content: Readable | Buffer, file: string, checks: readonly UploadCheck[]) {
  const md5 = createHash('md5')
  const sums = checks.map((check) => ({ check, sum: checksum(check.algorithm) }))
  let size = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      md5.update(chunk)
      for (const { sum } of sums) sum.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(
    content instanceof Readable ? content : Readable.from([content]),
    measure,
    createWriteStream(file, { flags: 'wx' }),
  )
  for (const { check, sum } of sums) {
    const expected = check.expected()
    if (expected !== undefined && expected !== sum.digest(check.encoding))
      throw refusal(check.code, 400, check.message)
  }
  return { size, md5: md5.digest('hex') }
}

function checksum(algorithm: UploadCheck['algorithm']) {
  if (algorithm !== 'crc32') return createHash(algorithm)
  let value = 0
  return {
    update(chunk: Buffer) {
      value = crc32(chunk, value)
    },
    digest(encoding: 'hex' | 'base64') {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString(encoding)
    },
  }
}

/** `link` fails where the target is there, so that of two first writers exactly one wins. */
async function publish(temporary: string, target: string, createOnly: boolean): Promise<void> {
  if (!createOnly) return rename(temporary, target)
  try {
    await link(temporary, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw refusal('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold.')
  }
}

function open(file: string, start: number, end: number): Promise<Readable> {
  return new Promise((resolve, reject) => {
    // An empty file has no last byte to name.
    const stream = createReadStream(file, end < start ? {} : { start, end, highWaterMark: 256 * 1024 })
    stream.once('error', reject).once('open', () => resolve(stream))
  })
}

async function copyIfThere(source: string, target: string): Promise<void> {
  if (await exists(source)) await copyFile(source, target)
  else await rm(target, { force: true })
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
      throw error
    },
  )
}

/** s3rver writes its own errors as S3 does; one that it does not know needs its status told. */
const refusal = (code: string, status: number, message: string) =>
  Object.assign(new S3Error(code, message), { status })
