import { randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import S3Object from '@20minutes/s3rver/lib/models/object.js'
import FilesystemStore, {
  type ObjectMetadata,
  type StoredObject,
} from '@20minutes/s3rver/lib/stores/filesystem.js'
import { AwsError } from './aws-error.ts'
import type { Upload } from './s3-upload.ts'
import { ObjectVersions, type Place } from './s3-versions.ts'
import { alreadyThere, publish, refusal, writeChecked } from './s3-write.ts'

/** An object as a request means it: the version that it names, or the current one. */
export type FoundObject =
  | { readonly place: Place; readonly version_id: string | undefined; readonly metadata: ObjectMetadata }
  | { readonly marker_id: string }

/** What a write has left, and the version it has become where the bucket keeps versions. */
export interface WrittenObject {
  readonly size: number
  readonly etag: string
  readonly version_id: string | undefined
}

/**
 * s3rver's files, with what S3 promises and it does not keep: an object appears whole or not at all, a body
 * that differs from its declared hash leaves nothing, and tags go with their object.
 */
export class ObjectFiles extends FilesystemStore {
  /** What the front door knows of a body that s3rver will hand to `putContent`. */
  readonly uploads = new WeakMap<Readable, Upload>()
  readonly versions: ObjectVersions
  readonly #versioned: ReadonlySet<string>

  constructor(directory: string, versioned: ReadonlySet<string>) {
    super(directory)
    this.#versioned = versioned
    this.versions = new ObjectVersions(directory, (...parts) => this.getResourcePath(...parts))
  }

  keepsVersions(bucket: string): boolean {
    return this.#versioned.has(bucket)
  }

  override async putContent(target: string, content: Readable | Buffer): Promise<[number, string]> {
    const upload = content instanceof Readable ? this.uploads.get(content) : undefined
    const temporary = `${target}.${randomUUID()}.tmp`
    try {
      const written = await writeChecked(upload?.body ?? content, temporary, upload?.checks ?? [])
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

  async find(object: Place, versionId?: string): Promise<FoundObject | undefined> {
    if (!this.keepsVersions(object.bucket)) {
      const metadata = versionId === undefined ? await this.#metadataAt(object) : undefined
      return metadata && { place: object, version_id: undefined, metadata }
    }
    const version = await (versionId === undefined
      ? this.versions.newest(object)
      : this.versions.find(object, versionId))
    if (version?.is_marker) return { marker_id: version.id }
    const place = version && this.versions.placeOf(object, version.id)
    const metadata = place && (await this.#metadataAt(place))
    return metadata && { place, version_id: version.id, metadata }
  }

  /** Of the current version. */
  async findMetadata(bucket: string, key: string): Promise<ObjectMetadata | undefined> {
    const found = await this.find({ bucket, key })
    return found && 'place' in found ? found.metadata : undefined
  }

  async #metadataAt({ bucket, key }: Place): Promise<ObjectMetadata | undefined> {
    return (await this.existsObject(bucket, key)) ? super.getMetadata(bucket, key) : undefined
  }

  override async getMetadata(bucket: string, key: string): Promise<ObjectMetadata> {
    const metadata = await this.findMetadata(bucket, key)
    if (metadata) return metadata
    throw Object.assign(new Error(`There is no ${key} in ${bucket}`), { code: 'ENOENT' })
  }

  override async getObject(bucket: string, key: string, options: { start?: number; end?: number } = {}) {
    const found = await this.find({ bucket, key })
    if (!found || !('place' in found)) return null
    const { place, metadata } = found
    const size = metadata['content-length']
    const start = options.start ?? 0
    const end = Math.min(options.end ?? size - 1, size - 1)
    const ranged = options.start !== undefined || options.end !== undefined
    const file = this.getResourcePath(place.bucket, place.key, 'object')
    const content = ranged && start > end ? null : await open(file, start, end)
    const object = new S3Object(bucket, key, content, metadata)
    if (ranged) object.range = { start, end }
    return object
  }

  override async putObject(object: StoredObject) {
    if (!this.keepsVersions(object.bucket)) return super.putObject(object)
    const isFirst = (object.content && this.uploads.get(object.content)?.createOnly) ?? false
    const incoming = this.versions.incoming(object)
    const { bucket, key } = incoming
    const written = await super.putObject(new S3Object(bucket, key, object.content, object.metadata))
    const version_id = await this.versions.publish(object, incoming, isFirst)
    if (version_id === undefined) throw alreadyThere()
    return { ...written, version_id }
  }

  /** With `headers` the copy gets its metadata from them, else it takes over those of the source. */
  async copy(
    from: Place,
    to: Place,
    { headers, isFirst }: { readonly headers: object | undefined; readonly isFirst: boolean },
  ): Promise<WrittenObject> {
    const isVersioned = this.keepsVersions(to.bucket)
    if (isFirst && !isVersioned && (await this.#metadataAt(to))) throw alreadyThere()
    const target = isVersioned ? this.versions.incoming(to) : to
    await this.#copyFiles(from, target)
    if (headers) await this.putMetadata(target.bucket, target.key, headers)
    const { etag, 'content-length': size } = (await this.#metadataAt(target))!
    if (!isVersioned) return { etag, size, version_id: undefined }
    const version_id = await this.versions.publish(to, target, isFirst)
    if (version_id === undefined) throw alreadyThere()
    return { etag, size, version_id }
  }

  async #copyFiles(from: Place, to: Place): Promise<void> {
    const [source, target] = [from, to].map(({ bucket, key }) => this.getResourcePath(bucket, key, 'object'))
    if (source === target) return
    await mkdir(path.dirname(target!), { recursive: true })
    const temporary = `${target}.${randomUUID()}.tmp`
    try {
      await copyFile(source!, temporary, constants.COPYFILE_FICLONE)
      for (const resource of ['metadata.json', 'object.md5', 'tagging.xml']) {
        await copyIfThere(
          this.getResourcePath(from.bucket, from.key, resource),
          this.getResourcePath(to.bucket, to.key, resource),
        )
      }
      await rename(temporary, target!)
    } finally {
      await rm(temporary, { force: true })
    }
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

  /** What a policy may ask of an object that is there: `s3:ExistingObjectTag/<key>`. */
  async tagContext(found: FoundObject | undefined): Promise<Readonly<Record<string, string>>> {
    if (!found || !('place' in found)) return {}
    const file = this.getResourcePath(found.place.bucket, found.place.key, 'tagging.xml')
    const xml = await readFile(file, 'utf8').catch(() => '')
    const tags = xml.matchAll(/<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>\s*<\/Tag>/g)
    return Object.fromEntries([...tags].map(([, key, value]) => [`s3:ExistingObjectTag/${key}`, value!]))
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
