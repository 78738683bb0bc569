import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { DefinitionStore } from '../../lib/aws/definition-store.ts'
import { fileKey, type Manifest, manifest, manifestKey } from '../../lib/definitions/manifest.ts'

export interface MemoryDefinitions extends DefinitionStore {
  readonly objects: Map<string, Buffer>
  /** What was written, in order. */
  readonly written: string[]
  readonly downloaded: string[]
  manifest(): Manifest | undefined
  /** A set as the updater would publish it, by name and text. */
  publish(version: string, files: Readonly<Record<string, string>>): void
}

/** The bucket of the definitions, in memory. */
export function createMemoryDefinitions(): MemoryDefinitions {
  const objects = new Map<string, Buffer>()
  const written: string[] = []
  const downloaded: string[] = []
  const put = (key: string, bytes: Uint8Array) => {
    objects.set(key, Buffer.from(bytes))
    written.push(key)
  }
  return {
    objects,
    written,
    downloaded,
    manifest() {
      const bytes = objects.get(manifestKey)
      return bytes && manifest.parse(JSON.parse(bytes.toString()))
    },
    publish(version, files) {
      const at = new Date().toISOString()
      const described = Object.entries(files).map(([name, text]) => {
        const sha256 = createHash('sha256').update(text).digest('hex')
        objects.set(fileKey({ name, sha256 }), Buffer.from(text))
        return { name, sha256, size_bytes: Buffer.byteLength(text), modified_at: at, stored_at: at }
      })
      const set = { version, built_at: at, published_at: at, files: described }
      objects.set(manifestKey, Buffer.from(JSON.stringify(set)))
    },
    async read(key) {
      const bytes = objects.get(key)
      return bytes && { etag: createHash('md5').update(bytes).digest('hex'), bytes }
    },
    async download(key) {
      downloaded.push(key)
      const bytes = objects.get(key)
      if (!bytes) throw new Error(`NoSuchKey: ${key}`)
      return Readable.from([bytes])
    },
    write: async (key, bytes) => put(key, bytes),
    upload: async (key, { path }) => put(key, await readFile(path)),
  }
}
