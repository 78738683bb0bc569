import { createFieldCipher, type FieldCipher } from '../auth/field-cipher.ts'
import type { LoadKeys } from '../auth/key-ring.ts'
import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import { endPendingOfDisabled, judgeTroubled } from '../webhooks/deliveries/disabling.ts'
import { createDispatcher } from '../webhooks/deliveries/dispatch.ts'
import { deleteOldDeliveries, deleteOldRecoveries } from '../webhooks/deliveries/expiry.ts'
import { createLostSweep } from '../webhooks/deliveries/lost.ts'
import { workRecoveries } from '../webhooks/deliveries/recovery.ts'
import { deleteExpiredSecrets, deleteRemoved, deleteSentToRemoved } from '../webhooks/endpoints/leaving.ts'
import type { Tasks } from './run-task.ts'

export interface WebhookTaskDependencies {
  readonly sql: Sql
  /** Of what is stored sealed. */
  readonly fieldCipher: FieldCipher
  /** To the sender of webhooks, and the keys of what it is handed. */
  readonly webhookQueue: Pick<JobQueue, 'send'>
  readonly loadWebhookKeys: LoadKeys
}

/** Those of webhooks. */
export const createWebhookTasks = ({
  sql,
  fieldCipher,
  webhookQueue,
  loadWebhookKeys,
}: WebhookTaskDependencies) => {
  const sending = {
    sql,
    fieldCipher,
    queue: webhookQueue,
    messageCipher: createFieldCipher({ loadKeys: loadWebhookKeys }),
  }
  return {
    'send-webhooks': {
      lost: createLostSweep({ sql }),
      troubled: (now) => judgeTroubled(sql, now),
      stopped: (now) => endPendingOfDisabled(sql, now),
      due: (now) => createDispatcher({ ...sending, now: () => now }).dispatchDue(),
    },
    'recover-webhooks': {
      events: (now) => workRecoveries(sql, now),
    },
    'expire-webhooks': {
      deliveries: (now) => deleteOldDeliveries(sql, now),
      recoveries: (now) => deleteOldRecoveries(sql, now),
      secrets: (now) => deleteExpiredSecrets(sql, now),
      sent_to_removed: () => deleteSentToRemoved(sql),
      removed: () => deleteRemoved(sql),
    },
  } satisfies Tasks
}
