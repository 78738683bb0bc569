import type { TaskDependencies } from '../../lib/schedule/tasks.ts'

/** For tests of other tasks: nothing was ever published, and nothing is asked for. */
export const noRescans: Pick<TaskDependencies, 'definitions' | 'scanQueue' | 'stripeQueue' | 'rescan'> = {
  definitions: { read: async () => undefined },
  scanQueue: { send: async () => [] },
  stripeQueue: { send: async () => [] },
  rescan: { days: 30, perMinute: 10 },
}
