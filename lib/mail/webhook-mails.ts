import type { Sql } from '../db/client.ts'
import { isMailWanted } from '../notifications/mail-choice.ts'
import type { WebhookNotice } from '../webhooks/deliveries/trouble.ts'
import type { Postman } from './postman.ts'
import { findRecipient } from './repository.ts'
import { type WebhookFacts, webhookLetter } from './webhook-letters.ts'
import { findWebhookFacts } from './webhook-repository.ts'

export interface WebhookMailDependencies {
  readonly sql: Sql
  readonly post: Postman
  readonly appUrl: string
}

/** Writes to the owner of an endpoint about its trouble; that it was disabled, whatever they have chosen. */
export function createWebhookMails({ sql, post, appUrl }: WebhookMailDependencies) {
  return async ({ endpoint_id, user_id, trouble }: WebhookNotice): Promise<void> => {
    const user = await findRecipient(sql, user_id)
    const endpoint = user && (await findWebhookFacts(sql, user_id, endpoint_id))
    if (!endpoint || !isStillSo(trouble, endpoint)) return
    const isChosen = trouble === 'failing' || trouble === 'still_failing'
    if (isChosen && !(await isMailWanted(sql, user_id, 'webhook'))) return
    const letter = webhookLetter({ ...user, appUrl }, trouble, endpoint)
    await post.send(user.email, letter, isChosen ? { user_id, scope: 'webhook' } : 'account')
  }
}

const isStillSo = (trouble: WebhookNotice['trouble'], { first_failure_at, disabled_at }: WebhookFacts) =>
  trouble === 'disabled' || trouble === 'gone' ? disabled_at !== null : first_failure_at !== null
