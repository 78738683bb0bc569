import type { ChatService } from '../../lib/chat/service.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { chatRoutes } from './routes.ts'

export const createChatHandlers = (chat: ChatService): Handlers<typeof chatRoutes> => ({
  issueChatToken: async ({ actor }) =>
    new Reply(await chat.issue(actor), { headers: { 'cache-control': 'no-store' } }),
})
