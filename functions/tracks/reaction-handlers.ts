import type { Handlers } from '../../lib/http/route.ts'
import type { ReactionService } from '../../lib/tracks/reaction-service.ts'
import type { reactionRoutes } from './reaction-routes.ts'

export function createReactionHandlers(reactions: ReactionService): Handlers<typeof reactionRoutes> {
  return {
    likeTrack: async ({ actor, params }) => {
      await reactions.add(actor, 'like', params.track_id)
      return undefined
    },
    unlikeTrack: async ({ actor, params }) => {
      await reactions.remove(actor, 'like', params.track_id)
      return undefined
    },
    listTrackLikes: ({ actor, params, query }) => reactions.listLikers(actor, params.track_id, query),
    repostTrack: async ({ actor, params }) => {
      await reactions.add(actor, 'repost', params.track_id)
      return undefined
    },
    unrepostTrack: async ({ actor, params }) => {
      await reactions.remove(actor, 'repost', params.track_id)
      return undefined
    },
  }
}
