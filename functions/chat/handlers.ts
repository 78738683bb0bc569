import type { ChatService } from '../../lib/chat/service.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { chatRoutes } from './routes.ts'

export const createChatHandlers = (chat: ChatService): Handlers<typeof chatRoutes> => ({
  issueChatToken: ({ actor }) => chat.issue(actor),
})
