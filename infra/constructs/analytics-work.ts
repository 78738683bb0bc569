import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { QueueWorker } from './queue-worker.ts'

/** What listeners and visitors did, written down in batches. */
export class AnalyticsWork extends Construct {
  readonly worker: QueueWorker

  constructor(scope: Construct, id: string, { stage, alarms, database, analytics }: Foundation) {
    super(scope, id)
    this.worker = new QueueWorker(this, 'analytics-worker', {
      stage,
      alarms,
      database,
      name: 'analytics-worker',
      memorySize: 512,
      queue: analytics,
      environment: { ANALYTICS_QUEUE_URL: analytics.queue.queueUrl },
    })
  }
}
