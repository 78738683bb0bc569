import * as z from 'zod/mini'
import type { Origin } from '../../audit/record.ts'
import type { ObjectStore } from '../../aws/object-store.ts'
import type { Sql } from '../../db/client.ts'
import type { DefinitionKeeper } from '../../definitions/keeper.ts'
import { logger } from '../../logger.ts'
import type { Clamd } from '../scan/clamd.ts'
import { type Finding, keepWithdrawn, reinstateVersion, withdrawVersion } from '../withdrawal/withdrawal.ts'
import { findScanned, markScanned, markSealed, type ScannedVersion } from './repository.ts'

export interface RescanDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'getStream' | 'tag'>
  readonly clamd: Pick<Clamd, 'ready' | 'scan' | 'definitions'>
  readonly keeper: Pick<DefinitionKeeper, 'refresh'>
  readonly now?: () => Date
}

/** In the queue between the notifications of the bucket. */
export const rescanMessage = z.object({
  rescan: z.object({ version_id: z.uuid(), definitions_version: z.nullable(z.string()) }),
})
export type RescanMessage = z.output<typeof rescanMessage>

const origin: Origin = { ip: '', userAgent: '', requestId: 'rescan' }

/**
 * Looks into a version once more. What comes of it is on record before the object is sealed or opened, and whoever
 * gets the message again goes on from there: the row alone says how the object is to be.
 */
export function createRescanService(dependencies: RescanDependencies) {
  const { sql, media, clamd, keeper, now = () => new Date() } = dependencies

  return {
    async handle({ rescan: { version_id, definitions_version } }: RescanMessage): Promise<void> {
      if (definitions_version !== null) await keeper.refresh(definitions_version)
      const version = await findScanned(sql, version_id)
      if (!version) return logger.info('There is nothing to scan again', { version_id })
      if (!version.withdrawn_at || version.reinstate_asked_by) await judge(version)
      const judged = await findScanned(sql, version_id)
      if (judged) await settle(judged)
    },
  }

  async function judge(version: ScannedVersion): Promise<void> {
    await clamd.ready()
    // Asked before the scan: a reload on the way can only have brought newer ones.
    const definitions_version = await clamd.definitions()
    const { id: version_id, withdrawn_at } = version
    if (!withdrawn_at && definitions_version === version.definitions_version) {
      return logger.info('It was scanned with these definitions', { version_id, definitions_version })
    }
    const verdict = await scan(version)
    if (!verdict) return
    if (verdict.verdict === 'infected') {
      logger.warn('Something was found in a version', { version_id, signature: verdict.signature })
      return condemn(version, { version_id, signature: verdict.signature, definitions_version })
    }
    if (verdict.verdict !== 'clean') {
      logger.error('A version is beyond a limit now', { version_id, verdict: verdict.verdict })
      // It was scanned to its end when it was let in: that the engine stops earlier now is no finding, nor a clearing.
      if (withdrawn_at) return condemn(version, { version_id, signature: verdict.found, definitions_version })
    }
    await clear(version, definitions_version)
  }

  /** Undefined for a file that was removed on the way. */
  async function scan({ id, object_key, object_version_id }: ScannedVersion) {
    try {
      const { body } = await media.getStream({ key: object_key, version_id: object_version_id })
      return await clamd.scan(body)
    } catch (error) {
      if (await findScanned(sql, id)) throw error
      return undefined
    }
  }

  function condemn({ track_id, withdrawn_at }: ScannedVersion, finding: Finding): Promise<void> {
    return sql.begin(async (tx) => {
      if (withdrawn_at) await keepWithdrawn(tx, track_id, finding, origin, now())
      else await withdrawVersion(tx, track_id, finding, origin, now())
    })
  }

  async function clear({ id, track_id, withdrawn_at }: ScannedVersion, definitions_version: string) {
    if (!withdrawn_at) return markScanned(sql, id, definitions_version, now())
    await sql.begin((tx) =>
      reinstateVersion(tx, track_id, { version_id: id, definitions_version }, origin, now()),
    )
  }

  /** The policy of the bucket lets nobody but us read what bears the tag, whatever link they hold. */
  async function settle(version: ScannedVersion): Promise<void> {
    const isSealed = version.withdrawn_at !== null
    if (isSealed === (version.sealed_at !== null)) return
    const { object_key: key, object_version_id: version_id } = version
    await media.tag({ key, version_id }, { verdict: isSealed ? 'infected' : 'clean' })
    if (await markSealed(sql, version.id, { isSealed, at: now() })) return
    // It went the other way meanwhile: whoever did that could not see this tag.
    const turned = await findScanned(sql, version.id)
    if (turned) await settle(turned)
  }
}
