import { randomUUID } from 'node:crypto'
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DefinitionStore } from '../aws/definition-store.ts'
import { canaryFile, canarySignature } from './canary.ts'
import { isIntact, receive } from './files.ts'
import { type DefinitionFile, fileKey, type Manifest } from './manifest.ts'

export interface SetSettings {
  /** The engine loads what the link `current` in it leads to. */
  readonly directory: string
  /** The definitions that came with the image. */
  readonly bundled: string
}

export type Sets = ReturnType<typeof createSets>

/** Longer than anybody takes: whoever held it is gone. */
const staleLockMs = 10 * 60_000

/**
 * Sets of definitions on this machine, each in a directory of its own. Which of them counts changes at once, by the
 * move of a link, so that the engine never sees half of one.
 */
export function createSets({ directory, bundled }: SetSettings) {
  const currentLink = path.join(directory, 'current')
  const home = path.join(directory, 'sets')
  const lockFolder = path.join(directory, 'lock')
  const placeOf = (version: string) => path.join(home, version)

  return {
    bundled,
    placeOf,

    /** Where the engine looks; undefined before the first choice. */
    chosen: (): Promise<string | undefined> => readlink(currentLink).catch(() => undefined),

    async choose(place: string): Promise<void> {
      const next = `${currentLink}.${randomUUID()}`
      await mkdir(directory, { recursive: true })
      await symlink(place, next)
      await rename(next, currentLink)
    },

    /** Complete or not at all, from what is here already and from the bucket. */
    async assemble(
      manifest: Manifest,
      store: Pick<DefinitionStore, 'download'>,
      near: string,
    ): Promise<void> {
      const target = placeOf(manifest.version)
      if (await isThere(target)) return
      const draft = path.join(home, `.${randomUUID()}`)
      await mkdir(draft, { recursive: true })
      try {
        for (const file of manifest.files) await obtain(file, path.join(draft, file.name), near, store)
        for (const name of await ownFilesOf(bundled)) {
          await copyFile(path.join(bundled, name), path.join(draft, name))
        }
        await writeFile(path.join(draft, canaryFile), canarySignature(manifest.version))
        await rename(draft, target)
      } finally {
        await rm(draft, { recursive: true, force: true })
      }
    },

    /** Every other set goes, and what was left of unfinished ones. */
    async tidy(version: string): Promise<void> {
      for (const name of await readdir(home)) {
        if (name !== version) await rm(path.join(home, name), { recursive: true, force: true })
      }
    },

    /** One of several that share the engine does the work; undefined where another one is at it. */
    async lock(patienceMs: number): Promise<(() => Promise<void>) | undefined> {
      const deadline = Date.now() + patienceMs
      await mkdir(directory, { recursive: true })
      for (;;) {
        if (await tryLock(lockFolder)) return () => rm(lockFolder, { recursive: true, force: true })
        if (Date.now() >= deadline) return undefined
        await delay(200)
      }
    },
  }
}

async function tryLock(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const since = await stat(folder).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - since > staleLockMs) await rm(folder, { recursive: true, force: true })
    return false
  }
}

async function obtain(
  file: DefinitionFile,
  target: string,
  near: string,
  store: Pick<DefinitionStore, 'download'>,
): Promise<void> {
  const here = path.join(near, file.name)
  if (!(await isIntact(here, file))) return receive(await store.download(fileKey(file)), target, file)
  // The image's own files lie on another disk.
  await link(here, target).catch(() => copyFile(here, target))
}

/** Signatures of ours, which belong to every set. */
const ownFilesOf = async (bundled: string) =>
  (await readdir(bundled)).filter((name) => name.startsWith('veza-') && name !== canaryFile)

const isThere = (place: string) =>
  stat(place).then(
    () => true,
    () => false,
  )
