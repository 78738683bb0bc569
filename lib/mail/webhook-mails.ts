import type { Mailer } from '../aws/mailer.ts'
import type { Sql } from '../db/client.ts'
import { isMailWanted } from '../notifications/mail-choice.ts'
import type { WebhookNotice } from '../webhooks/deliveries/trouble.ts'
import { findRecipient } from './repository.ts'
import { type WebhookFacts, webhookLetter } from './webhook-letters.ts'
import { findWebhookFacts } from './webhook-repository.ts'

export interface WebhookMailDependencies {
  readonly sql: Sql
  readonly mailer: Mailer
  readonly appUrl: string
}

/** Writes to the owner of an endpoint about its trouble; that it was disabled, whatever they have chosen. */
export function createWebhookMails({ sql, mailer, appUrl }: WebhookMailDependencies) {
  return async ({ endpoint_id, user_id, notice }: WebhookNotice): Promise<void> => {
    const user = await findRecipient(sql, user_id)
    const endpoint = user && (await findWebhookFacts(sql, user_id, endpoint_id))
    if (!endpoint || !isStillSo(notice, endpoint)) return
    const isChosen = notice === 'failing' || notice === 'still_failing'
    if (isChosen && !(await isMailWanted(sql, user_id, 'webhook'))) return
    await mailer.send({ to: user.email, ...webhookLetter({ ...user, appUrl }, notice, endpoint) })
  }
}

const isStillSo = (notice: WebhookNotice['notice'], { first_failure_at, disabled_at }: WebhookFacts) =>
  notice === 'disabled' || notice === 'gone' ? disabled_at !== null : first_failure_at !== null
