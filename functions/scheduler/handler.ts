import type { Context } from 'aws-lambda'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createDefinitionStore } from '../../lib/aws/definition-store.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { requireEnv, requireNumber } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createTaskRunner } from '../../lib/schedule/run-task.ts'
import { createTasks } from '../../lib/schedule/tasks.ts'

/** Nobody waits for what runs by the clock: an hour in which much happened is summed up in statements of some seconds. */
const sql = connect({ ...databaseSettings(), queryDeadlineMs: 30_000 })
const secrets = createSecrets()
const runTask = createTaskRunner({
  tasks: createTasks({
    sql,
    definitions: createDefinitionStore(requireEnv('DEFINITIONS_BUCKET')),
    scanQueue: createJobQueue(requireEnv('SCAN_QUEUE_URL')),
    stripeQueue: createJobQueue(requireEnv('STRIPE_QUEUE_URL')),
    rescan: { days: requireNumber('RESCAN_DAYS'), perMinute: requireNumber('RESCAN_PER_MINUTE') },
    loadFieldKeys: createKeyLoader(secrets, requireEnv('FIELD_SECRET_ARN')),
    webhookQueue: createJobQueue(requireEnv('WEBHOOKS_QUEUE_URL')),
    loadWebhookKeys: createKeyLoader(secrets, requireEnv('WEBHOOK_SECRET_ARN')),
    exportStore: createObjectStore(requireEnv('EXPORTS_BUCKET')),
    media: createObjectStore(requireEnv('MEDIA_BUCKET')),
    uploads: createObjectStore(requireEnv('UPLOADS_BUCKET')),
  }),
})

/** Left for the last step, which may take a statement's deadline and more. */
const reserveMs = 60_000

/** Many schedules lead here; the input of each names its task. */
export const handler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) =>
  runTask(event, () => context.getRemainingTimeInMillis() > reserveMs)
