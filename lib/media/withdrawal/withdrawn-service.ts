import { type Origin, recordAudit } from '../../audit/record.ts'
import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { findInForce } from '../../definitions/in-force.ts'
import { AppError } from '../../errors.ts'
import { pageById } from '../../http/id-page.ts'
import type { PageQuery } from '../../http/route.ts'
import { dayMs, earlier } from '../../time.ts'
import { findWithdrawn, listWithdrawn, lockCase, markAsked } from './withdrawn-repository.ts'
import type { WithdrawnVersion } from './withdrawn-schemas.ts'

export interface WithdrawnDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type WithdrawnService = ReturnType<typeof createWithdrawnService>

const staleAfterMs = 2 * dayMs

/** What moderators see of the versions in which something was found, and the way back for one where it was wrong. */
export function createWithdrawnService({ sql, now = () => new Date() }: WithdrawnDependencies) {
  return {
    list: (query: PageQuery) =>
      pageById('withdrawn-versions', query, (before, limit) => listWithdrawn(sql, { before, limit })),

    /** Has it scanned anew; only a clean scan brings it back. Nobody asks for a file of their own. */
    async reinstate(actor: Actor, versionId: string, origin: Origin): Promise<WithdrawnVersion> {
      await sql.begin(async (tx) => {
        const found = await lockCase(tx, versionId)
        if (!found) throw new AppError('not_found')
        const { owner_id, uploaded_by } = found
        if (!found.is_withdrawn) throw new AppError('conflict', 'It is not withdrawn')
        if (found.is_removed) throw new AppError('conflict', 'Its file is gone')
        if ([owner_id, uploaded_by].includes(actor.id)) throw new AppError('forbidden', 'This is about you')
        if (found.is_asked) return
        await markAsked(tx, versionId, actor.id)
        const entry = { actor_id: actor.id, session_id: actor.session_id, user_id: owner_id }
        const what = { action: 'version.reinstatement_asked', target: `version:${versionId}` } as const
        await recordAudit(tx, { ...entry, ...what }, origin, now())
      })
      const version = await findWithdrawn(sql, versionId)
      if (!version) throw new AppError('conflict', 'It has come back meanwhile')
      return version
    },

    async definitions() {
      const inForce = await findInForce(sql)
      return {
        version: inForce?.version ?? null,
        built_at: inForce?.built_at ?? null,
        in_force_since: inForce?.current_since ?? null,
        is_stale: !inForce || inForce.built_at < earlier(now(), staleAfterMs),
        swept_at: inForce?.swept_at ?? null,
      }
    },
  }
}
