import type { Actor } from '../auth/actor.ts'
import { isSuspended } from '../auth/suspension.ts'
import type { Secrets } from '../aws/secrets.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { chatTokenSeconds, signChatToken } from './chat-token.ts'
import { type Chatter, findChatter } from './repository.ts'

export interface ChatDependencies {
  readonly sql: Sql
  readonly secrets: Pick<Secrets, 'read'>
  readonly tokenSecretId: string
  readonly wsUrl: string
  readonly now?: () => Date
}

export type ChatService = ReturnType<typeof createChatService>

/** Lets users into the chat, which is a server of its own with a key of its own. */
export function createChatService(dependencies: ChatDependencies) {
  const { sql, secrets, tokenSecretId, wsUrl, now = () => new Date() } = dependencies

  return {
    async issue({ id, session_id }: Actor) {
      const at = now()
      const chatter = await findChatter(sql, id, at)
      if (!chatter) throw new AppError('token_revoked')
      refuseSilenced(chatter, at)
      const issuedAt = Math.floor(at.getTime() / 1_000)
      const secret = await secrets.read(tokenSecretId)
      return {
        token: await signChatToken(secret, { ...chatter, id, session_id }, issuedAt),
        expires_at: new Date((issuedAt + chatTokenSeconds) * 1_000),
        ws_url: wsUrl,
      }
    },
  }
}

/** The session may be remembered as good for some seconds after the account was shut. */
function refuseSilenced(chatter: Chatter, at: Date) {
  if (isSuspended(chatter, at)) throw new AppError('account_suspended')
  if (!chatter.email_verified_at) throw new AppError('email_not_verified')
  if (chatter.mute_reason === null) return
  const { mute_reason, muted_until } = chatter
  throw new AppError('chat_muted', mute_reason, {
    ...(muted_until && { extensions: { until: muted_until.toISOString() } }),
  })
}
