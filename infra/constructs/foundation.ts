import type { StageConfig } from '../config.ts'
import type { StorageStack } from '../stacks/storage-stack.ts'
import type { Alarms } from './alarms.ts'
import type { DatabaseAccess } from './database-access.ts'
import type { MailFeedback } from './mail-feedback.ts'
import type { Parameters } from './parameters.ts'
import type { Secrets } from './secrets.ts'
import type { WorkQueue } from './work-queue.ts'

/** What the functions stand on. */
export interface Foundation {
  readonly stage: StageConfig
  readonly alarms: Alarms
  readonly database: DatabaseAccess
  readonly secrets: Secrets
  /** Of the shared cache, where the stage has one beside the database. */
  readonly cacheUrl: string | undefined
  readonly storage: StorageStack
  readonly events: WorkQueue
  readonly analysis: WorkQueue
  readonly stripe: WorkQueue
  readonly webhooks: WorkQueue
  readonly webhookResults: WorkQueue
  readonly analytics: WorkQueue
  readonly mailFeedback: MailFeedback
  readonly parameters: Parameters
}
