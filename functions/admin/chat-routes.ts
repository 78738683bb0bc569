import { targetParams } from '../../lib/admin/schemas.ts'
import { muteUser } from '../../lib/chat/schemas.ts'
import { defineRoutes, noContent } from '../../lib/http/route.ts'

export const chatMuteRoutes = defineRoutes({
  muteInChat: {
    method: 'POST',
    path: '/api/v1/admin/users/{user_id}/chat-mute',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'write', step_up: false },
    summary: 'Keep a user out of the chat, for good or until a time; the tokens they hold for it die',
    params: targetParams,
    body: muteUser,
    status: 204,
    response: noContent,
    problems: ['not_found', 'own_account'],
  },
  unmuteInChat: {
    method: 'DELETE',
    path: '/api/v1/admin/users/{user_id}/chat-mute',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'write', step_up: false },
    summary: 'Let a user into the chat again',
    params: targetParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'own_account'],
  },
})
