import type { Actor } from '../auth/actor.ts'
import { permissionsOf } from '../auth/permissions.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { findDisputeView, listDisputeViews } from './repository.ts'

export type DisputeService = ReturnType<typeof createDisputeService>

/** A seller sees the disputes of orders with items of theirs, an operator all. */
const reachOf = ({ id, role }: Actor) => (permissionsOf[role].has('operations') ? undefined : id)

export function createDisputeService({ sql }: { readonly sql: Sql }) {
  return {
    async get(actor: Actor, id: string) {
      const dispute = await findDisputeView(sql, id, reachOf(actor))
      if (!dispute) throw new AppError('not_found')
      return dispute
    },

    list: (actor: Actor, query: PageQuery) =>
      pageById('disputes', query, (before, limit) =>
        listDisputeViews(sql, reachOf(actor), { before, limit }),
      ),
  }
}
