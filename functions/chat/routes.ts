import { chatToken } from '../../lib/chat/schemas.ts'
import { defineRoutes } from '../../lib/http/route.ts'

export const chatRoutes = defineRoutes({
  issueChatToken: {
    method: 'POST',
    path: '/api/v1/chat/token',
    auth: 'user',
    policy: { permission: 'chat.join', reach: 'own', limit: 'chat_token', step_up: false },
    summary: 'Get a token of five minutes for the chat server',
    status: 200,
    response: chatToken,
    problems: ['account_suspended', 'email_not_verified', 'chat_muted'],
  },
})
