import * as z from 'zod/mini'
import { forgetListener } from '../analytics/rollups/service.ts'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { PageQuery } from '../http/route.ts'
import { isListed, isVisible } from '../tracks/visibility.ts'
import type { NamedUser } from '../users/schemas.ts'
import {
  deleteHistory,
  disownPlays,
  disownReports,
  type HistoryFilter,
  listHistory,
} from './history-repository.ts'

export interface HistoryDependencies {
  readonly sql: Sql
}

export type HistoryService = ReturnType<typeof createHistoryService>

const cursorValues = z.tuple([micros, z.uuid()])

/** What a user has played, each track once, the last played first. */
export function createHistoryService({ sql }: HistoryDependencies) {
  const list = async (
    actor: Actor | undefined,
    { user_id, isAllowed }: Pick<HistoryFilter, 'user_id' | 'isAllowed'>,
    { limit, cursor }: PageQuery,
  ) => {
    const scope = `history:${user_id}`
    const before = cursor === undefined ? undefined : decodeCursor(scope, cursor, cursorValues)
    const filter = { user_id, isAllowed, before, limit: limit + 1 }
    const rows = await listHistory(sql, { id: actor?.id }, filter)
    return toPage(rows, limit, ({ micros, id }) => encodeCursor(scope, [micros, id]))
  }

  return {
    listOwn: (actor: Actor, paging: PageQuery) =>
      list(actor, { user_id: actor.id, isAllowed: isVisible }, paging),

    /** Of somebody else, as far as they show it: only what anybody may come upon. */
    async listOf(actor: Actor | undefined, user: NamedUser, paging: PageQuery) {
      const isOwn = user.id === actor?.id
      if (!isOwn && (user.is_private || !user.show_history)) throw new AppError('not_found')
      return list(actor, { user_id: user.id, isAllowed: isOwn ? isVisible : isListed }, paging)
    },

    forget: (actor: Actor): Promise<void> => sql.begin((tx) => forgetAllOf(tx, actor.id)),
  }
}

/** What a user listened to is known of nobody any more. */
export async function forgetAllOf(tx: Db, userId: string): Promise<void> {
  await deleteHistory(tx, userId)
  await disownPlays(tx, userId)
  await forgetListener(tx, userId)
  await disownReports(tx, userId)
}
