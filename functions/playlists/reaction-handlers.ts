import type { Handlers } from '../../lib/http/route.ts'
import type { ReactionService } from '../../lib/playlists/reactions-service.ts'
import type { reactionRoutes } from './reaction-routes.ts'

export function createReactionHandlers(reactions: ReactionService): Handlers<typeof reactionRoutes> {
  return {
    likePlaylist: async ({ actor, params }) => {
      await reactions.like(actor, params.playlist_id)
      return undefined
    },
    unlikePlaylist: async ({ actor, params }) => {
      await reactions.remove(actor, params.playlist_id, 'like')
      return undefined
    },
    followPlaylist: async ({ actor, params }) => {
      await reactions.follow(actor, params.playlist_id)
      return undefined
    },
    unfollowPlaylist: async ({ actor, params }) => {
      await reactions.remove(actor, params.playlist_id, 'follow')
      return undefined
    },
  }
}
