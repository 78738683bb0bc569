import type { MutingService } from '../../lib/chat/muting.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { chatMuteRoutes } from './chat-routes.ts'

export const createChatMuteHandlers = (muting: MutingService): Handlers<typeof chatMuteRoutes> => ({
  muteInChat: async ({ actor, params, body, ...origin }) => {
    await muting.mute(actor, params.user_id, body, origin)
    return undefined
  },
  unmuteInChat: async ({ actor, params, ...origin }) => {
    await muting.unmute(actor, params.user_id, origin)
    return undefined
  },
})
