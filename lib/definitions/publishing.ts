import path from 'node:path'
import type { DefinitionStore } from '../aws/definition-store.ts'
import { dayMs, earlier } from '../time.ts'
import { builtAt } from './files.ts'
import { type DefinitionFile, fileKey, type Manifest, manifestKey, versionOf } from './manifest.ts'

export interface NewSet {
  readonly directory: string
  readonly files: readonly DefinitionFile[]
  readonly current: Manifest | undefined
}

export interface Publication {
  readonly outcome: 'published' | 'unchanged'
  readonly version: string
}

/** The bucket forgets a file 30 days after it was put there: what is still in use is put there again. */
const renewedAfterMs = 7 * dayMs

/** Puts what is new of a set into the bucket, and names the set the one in force when all of it is there. */
export async function publishSet(
  store: Pick<DefinitionStore, 'upload' | 'write'>,
  { directory, files, current }: NewSet,
  at: Date,
): Promise<Publication> {
  const isDue = (file: DefinitionFile) =>
    !isAmong(current?.files, file) || new Date(file.stored_at) < earlier(at, renewedAfterMs)
  const isSame = current?.files.length === files.length && files.every((file) => isAmong(current.files, file))
  if (isSame && !files.some(isDue)) return { outcome: 'unchanged', version: current.version }
  for (const file of files.filter(isDue)) {
    await store.upload(fileKey(file), { ...file, path: path.join(directory, file.name) })
  }
  const built = isSame ? new Date(current.built_at) : await newest(directory, files, at)
  const next: Manifest = {
    version: isSame ? current.version : versionOf(files, built),
    built_at: built.toISOString(),
    published_at: at.toISOString(),
    files: files.map((file) => (isDue(file) ? { ...file, stored_at: at.toISOString() } : file)),
  }
  await store.write(manifestKey, Buffer.from(JSON.stringify(next)))
  return { outcome: 'published', version: next.version }
}

const isAmong = (files: readonly DefinitionFile[] | undefined, file: DefinitionFile) =>
  files?.some(({ name, sha256 }) => name === file.name && sha256 === file.sha256) ?? false

/** Files of others do not say when they were made: they are as old as our having them. */
async function newest(directory: string, files: readonly DefinitionFile[], at: Date): Promise<Date> {
  const times = await Promise.all(files.map(({ name }) => builtAt(path.join(directory, name))))
  const known = times.filter((time) => time !== undefined).map((time) => time.getTime())
  return known.length > 0 ? new Date(Math.max(...known)) : at
}
