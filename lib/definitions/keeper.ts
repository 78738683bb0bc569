import { setTimeout as delay } from 'node:timers/promises'
import type { DefinitionStore } from '../aws/definition-store.ts'
import { logger } from '../logger.ts'
import type { Clamd } from '../media/scan/clamd.ts'
import { readCurrent } from './current.ts'
import type { Manifest } from './manifest.ts'
import type { Sets } from './sets.ts'

export interface KeeperDependencies {
  readonly store: Pick<DefinitionStore, 'read' | 'download'>
  readonly sets: Sets
  readonly clamd: Pick<Clamd, 'ready' | 'definitions' | 'reload'>
  readonly now?: () => Date
  readonly lookEveryMs?: number
  /** The engine's own definitions take 20 to 40 s to load; that it cannot load some it says to nobody. */
  readonly reloadPatienceMs?: number
}

export type DefinitionKeeper = ReturnType<typeof createDefinitionKeeper>

/**
 * Keeps the engine beside us at the set in force. Whatever fails leaves it with the definitions that it has, down to
 * those of the image: scans go on, each on record with the definitions it was made by.
 */
export function createDefinitionKeeper(dependencies: KeeperDependencies) {
  const { store, sets, clamd, now = () => new Date() } = dependencies
  const { lookEveryMs = 5 * 60_000, reloadPatienceMs = 150_000 } = dependencies
  /** Those that the engine did not take. */
  const refused = new Set<string>()
  let lastLook = Number.NEGATIVE_INFINITY
  let seen: string | undefined
  let looking: Promise<void> | undefined

  const isLoaded = (version: string) =>
    clamd.definitions().then(
      (loaded) => loaded === version,
      () => false,
    )

  return {
    /**
     * Looks for a new set, once in a while; at once where the caller knows of one that is not here, and then waits
     * for whoever is bringing it.
     */
    refresh(wanted?: string): Promise<void> {
      const isDue = now().getTime() - lastLook >= lookEveryMs || (wanted !== undefined && wanted !== seen)
      if (!looking && !isDue) return Promise.resolve()
      looking ??= look(wanted === undefined ? 0 : reloadPatienceMs).finally(() => {
        looking = undefined
      })
      return looking
    },
  }

  async function look(patienceMs: number): Promise<void> {
    lastLook = now().getTime()
    try {
      const manifest = await readCurrent(store)
      if (manifest && !refused.has(manifest.version)) await install(manifest, patienceMs)
      seen = manifest?.version
    } catch (error) {
      logger.error('The virus definitions could not be renewed', { error })
    }
    // The engine waits for it before it starts.
    if (!(await sets.chosen())) await sets.choose(sets.bundled)
  }

  async function install(manifest: Manifest, patienceMs: number): Promise<void> {
    const place = sets.placeOf(manifest.version)
    if ((await sets.chosen()) === place && (await isLoaded(manifest.version))) return
    const unlock = await sets.lock(patienceMs)
    if (!unlock) return
    try {
      const before = await sets.chosen()
      await sets.assemble(manifest, store, before ?? sets.bundled)
      if (before !== place) await sets.choose(place)
      if (before !== undefined) await load(manifest.version, before)
      await sets.tidy(manifest.version)
    } finally {
      await unlock()
    }
  }

  /** Takes the set back that the engine does not take. An engine that is not up loads the new one as it starts. */
  async function load(version: string, before: string): Promise<void> {
    const isUp = await clamd.ready().then(
      () => true,
      () => false,
    )
    if (!isUp || (await isLoaded(version))) return
    await clamd.reload()
    const deadline = Date.now() + reloadPatienceMs
    while (!(await isLoaded(version))) {
      if (Date.now() >= deadline) {
        refused.add(version)
        await sets.choose(before)
        throw new Error(`The engine did not take the definitions ${version}`)
      }
      await delay(200)
    }
    logger.info('New virus definitions are loaded', { definitions_version: version })
  }
}
