import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import { deleteReaction, holdPlaylist, insertReaction, type Reaction } from './reactions-repository.ts'

export interface ReactionDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type ReactionService = ReturnType<typeof createReactionService>

const kinds = { like: 'playlist_like', follow: 'playlist_follow' } as const

export function createReactionService({ sql, relay, now = () => new Date() }: ReactionDependencies) {
  const add = (actor: Actor, playlistId: string, reaction: Reaction): Promise<void> =>
    sql.begin(async (tx) => {
      const owner = await holdPlaylist(tx, playlistId, actor)
      if (owner === undefined) throw new AppError('not_found')
      if (owner === actor.id && reaction === 'follow') throw new AppError('conflict', 'It is your own')
      await mustBeUnblocked(tx, actor.id, owner)
      const isNew = await insertReaction(tx, reaction, playlistId, actor.id, now())
      if (!isNew || owner === actor.id) return
      const happening = { kind: kinds[reaction], recipient_id: owner, actor_id: actor.id }
      await addToOutbox(tx, 'notification.add', { ...happening, playlist_id: playlistId })
    })

  return {
    like: (actor: Actor, playlistId: string) => add(actor, playlistId, 'like'),

    async follow(actor: Actor, playlistId: string): Promise<void> {
      await add(actor, playlistId, 'follow')
      await relay.flushSoon()
    },

    /** Also of a playlist that is hidden from the actor by now. */
    remove: (actor: Actor, playlistId: string, reaction: Reaction): Promise<void> =>
      sql.begin(async (tx) => {
        if (await deleteReaction(tx, reaction, playlistId, actor.id)) return
        if ((await holdPlaylist(tx, playlistId, actor)) === undefined) throw new AppError('not_found')
      }),
  }
}
