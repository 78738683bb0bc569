import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Where an object's files lie: its own bucket and key, or for a version ones that no client can name. */
export interface Place {
  readonly bucket: string
  readonly key: string
}

export interface Version {
  readonly id: string
  readonly is_marker: boolean
}

export interface ListedVersion extends Version {
  readonly key: string
  readonly is_latest: boolean
}

/** What was there before the bucket kept versions has none of its own. */
export const nullVersion = 'null'

/** What belongs to an object; its bytes come last, for with them it is there. */
const resources = ['metadata.json', 'object.md5', 'tagging.xml', 'object'] as const

const versionFile = /^([0-9a-f]{32})\._S3rver_(object|marker)$/

/**
 * Every version of an object lies whole and unchanged in a bucket beside the object's own, where the file of the
 * object only names the current one. So nobody who reads one version gets a byte of another.
 */
export class ObjectVersions {
  readonly #root: string
  readonly #pathOf: (bucket: string, key: string, resource: string) => string
  readonly #turns = new Map<string, Promise<unknown>>()
  #lastSequence = 0

  constructor(root: string, pathOf: (bucket: string, key: string, resource: string) => string) {
    this.#root = root
    this.#pathOf = pathOf
  }

  placeOf({ bucket, key }: Place, id: string): Place {
    return id === nullVersion ? { bucket, key } : { bucket: besideOf(bucket), key: `${key}/${id}` }
  }

  /** For an object that is still being written. */
  incoming({ bucket, key }: Place): Place {
    return { bucket: besideOf(bucket), key: `${key}/incoming-${randomUUID()}` }
  }

  /** The one that is meant when none is named: the newest, which may be a marker. */
  async newest(object: Place): Promise<Version | undefined> {
    const id = await this.#readPointer(object)
    return id === undefined ? (await this.#list(object))[0] : { id, is_marker: false }
  }

  async find(object: Place, id: string): Promise<Version | undefined> {
    if (id === nullVersion) {
      return (await this.#readPointer(object)) === nullVersion ? { id, is_marker: false } : undefined
    }
    return (await this.#list(object)).find((version) => version.id === id)
  }

  /** Makes what was written at `incoming` the current version. Undefined when there must be none yet and is one. */
  publish(object: Place, incoming: Place, isFirst: boolean): Promise<string | undefined> {
    return this.#inTurn(object, async () => {
      if (isFirst && (await this.#readPointer(object))) {
        await this.#removeFiles(incoming)
        return undefined
      }
      const id = this.#nextId()
      await this.#moveFiles(incoming, this.placeOf(object, id))
      await this.#writePointer(object, id)
      return id
    })
  }

  /** Hides the object behind a delete marker. */
  mark(object: Place): Promise<string> {
    return this.#inTurn(object, async () => {
      const id = this.#nextId()
      const place = this.placeOf(object, id)
      const file = this.#pathOf(place.bucket, place.key, 'marker')
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, '')
      await this.#removeFiles(object)
      return id
    })
  }

  /** Takes one version away for good; the newest that is left becomes the current one. */
  remove(object: Place, id: string): Promise<Version | undefined> {
    return this.#inTurn(object, async () => {
      const version = await this.find(object, id)
      if (!version) return undefined
      const place = this.placeOf(object, id)
      await this.#removeFiles(place)
      await rm(this.#pathOf(place.bucket, place.key, 'marker'), { force: true })
      const [newest] = await this.#list(object)
      if (!newest || newest.is_marker) await this.#removeFiles(object)
      else await this.#writePointer(object, newest.id)
      return version
    })
  }

  /** Of all objects of a bucket, by key and then the newest first. */
  async listAll(bucket: string, prefix: string): Promise<ListedVersion[]> {
    const names = await readdir(path.join(this.#root, besideOf(bucket)), { recursive: true })
    const keys = new Set(names.filter((name) => versionFile.test(path.basename(name))).map(path.dirname))
    const wanted = [...keys].filter((key) => key.startsWith(prefix)).sort()
    const listed = await Promise.all(wanted.map((key) => this.#list({ bucket, key })))
    return wanted.flatMap((key, index) =>
      listed[index]!.map((version, position) => ({ ...version, key, is_latest: position === 0 })),
    )
  }

  async #list(object: Place): Promise<Version[]> {
    const place = this.placeOf(object, 'any')
    const names = await readdir(path.dirname(this.#pathOf(place.bucket, place.key, 'object'))).catch(noNames)
    return names
      .flatMap((name) => {
        const [, id, kind] = versionFile.exec(name) ?? []
        return id ? [{ id, is_marker: kind === 'marker' }] : []
      })
      .sort((a, b) => (a.id < b.id ? 1 : -1))
  }

  async #readPointer({ bucket, key }: Place): Promise<string | undefined> {
    const content = await readFile(this.#pathOf(bucket, key, 'object')).catch(nothing)
    if (!content) return undefined
    const text = content.length === 32 ? content.toString('latin1') : ''
    return /^[0-9a-f]{32}$/.test(text) ? text : nullVersion
  }

  /** Written beside it and moved into place: a reader sees one version or the other. */
  async #writePointer({ bucket, key }: Place, id: string): Promise<void> {
    const file = this.#pathOf(bucket, key, 'object')
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(`${file}.tmp`, id)
    await rename(`${file}.tmp`, file)
  }

  async #moveFiles(from: Place, to: Place): Promise<void> {
    for (const resource of resources) {
      const source = this.#pathOf(from.bucket, from.key, resource)
      await rename(source, this.#pathOf(to.bucket, to.key, resource)).catch(nothing)
    }
  }

  async #removeFiles({ bucket, key }: Place): Promise<void> {
    for (const resource of resources.toReversed()) {
      await rm(this.#pathOf(bucket, key, resource), { force: true })
    }
  }

  /** Later ones sort after earlier ones. */
  #nextId(): string {
    this.#lastSequence = Math.max(Date.now() * 4096, this.#lastSequence + 1)
    return this.#lastSequence.toString(16).padStart(16, '0') + randomBytes(8).toString('hex')
  }

  /** What changes one object's versions comes one after the other. */
  async #inTurn<T>({ bucket, key }: Place, work: () => Promise<T>): Promise<T> {
    const name = `${bucket}/${key}`
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work, work)
    this.#turns.set(name, turn)
    try {
      return await turn
    } finally {
      if (this.#turns.get(name) === turn) this.#turns.delete(name)
    }
  }
}

/** Only the buckets of the template can be named by a request, and none of them is called so. */
export const besideOf = (bucket: string) => `${bucket}.versions`

const isAbsent = (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR'

function nothing(error: NodeJS.ErrnoException): undefined {
  if (!isAbsent(error)) throw error
}

function noNames(error: NodeJS.ErrnoException): string[] {
  if (!isAbsent(error)) throw error
  return []
}
