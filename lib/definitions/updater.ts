import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DefinitionStore } from '../aws/definition-store.ts'
import { logger } from '../logger.ts'
import { readCurrent } from './current.ts'
import { receive, sha256Of } from './files.ts'
import { type Freshclam, stateFile } from './freshclam.ts'
import { type DefinitionFile, definitionName, fileKey, type Manifest } from './manifest.ts'
import { type Publication, publishSet } from './publishing.ts'

export interface UpdaterDependencies {
  readonly store: DefinitionStore
  readonly freshclam: Freshclam
  /** Where there is room for a set, twice. */
  readonly workspace?: string
  readonly now?: () => Date
}

export interface Update extends Publication {
  readonly is_cooling_down: boolean
}

const stateKey = `definitions/${stateFile}`

/** Keeps the set of virus definitions in the bucket as new as the mirror's. */
export function createDefinitionsUpdater(dependencies: UpdaterDependencies) {
  const { store, freshclam, workspace = tmpdir(), now = () => new Date() } = dependencies

  return async function update(): Promise<Update> {
    const directory = await mkdtemp(path.join(workspace, 'definitions-'))
    try {
      const current = await readCurrent(store)
      await restore(directory, current)
      const { failures, is_cooling_down } = await fetchNew(directory)
      const files = await describe(directory, current)
      if (files.length === 0) throw new Error(`There are no definitions at all. ${failures.join('; ')}`)
      const update = { ...(await publishSet(store, { directory, files, current }, now())), is_cooling_down }
      logger.info('The virus definitions were looked after', { ...update, failures })
      // What the other sources gave is out by now: a failure is seen, and costs nothing else.
      if (failures.length > 0) throw new Error(failures.join('; '))
      return update
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  /** What is there already is not asked for again. A file that cannot be had is fetched like a new one. */
  async function restore(directory: string, current: Manifest | undefined) {
    for (const file of current?.files.filter(isWanted) ?? []) {
      try {
        await receive(await store.download(fileKey(file)), path.join(directory, file.name), file)
      } catch (error) {
        logger.warn('A file of the present definitions is not there', { name: file.name, error })
      }
    }
  }

  /** A source that is not named any more takes its definitions with it. */
  function isWanted({ name }: Pick<DefinitionFile, 'name'>): boolean {
    if (/\.(cvd|cld|sign)$/.test(name)) return freshclam.mirror !== 'off'
    return freshclam.urls.some((url) => path.posix.basename(new URL(url).pathname) === name)
  }

  /** With what freshclam remembers from the last time, wherever that was. */
  async function fetchNew(directory: string) {
    const file = path.join(directory, stateFile)
    const state = await store.read(stateKey)
    if (state) await writeFile(file, state.bytes)
    const fetched = await freshclam.update(directory)
    const after = await readFile(file).catch(() => undefined)
    if (after && !(state && after.equals(state.bytes))) await store.write(stateKey, after)
    return fetched
  }

  async function describe(directory: string, current: Manifest | undefined): Promise<DefinitionFile[]> {
    const names = (await readdir(directory)).filter((name) => definitionName.test(name)).sort()
    const describeFile = async (name: string): Promise<DefinitionFile> => {
      const file = path.join(directory, name)
      const [sha256, { size: size_bytes, mtime }] = await Promise.all([sha256Of(file), stat(file)])
      const known = current?.files.find((one) => one.name === name && one.sha256 === sha256)
      const stored_at = known?.stored_at ?? now().toISOString()
      return { name, sha256, size_bytes, modified_at: mtime.toISOString(), stored_at }
    }
    return Promise.all(names.map(describeFile))
  }
}
