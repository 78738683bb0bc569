import type { TaskDependencies } from '../../lib/schedule/tasks.ts'

/** For tests of other tasks: nothing was ever published, and nothing is asked for. */
export const noRescans: Pick<
  TaskDependencies,
  'definitions' | 'scanQueue' | 'stripeQueue' | 'rescan' | 'webhookQueue' | 'loadWebhookKeys'
> = {
  definitions: { read: async () => undefined },
  scanQueue: { send: async () => [] },
  stripeQueue: { send: async () => [] },
  webhookQueue: { send: async () => [] },
  loadWebhookKeys: () => Promise.reject(new Error('No webhook is sent here')),
  rescan: { days: 30, perMinute: 10 },
}
