import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { type QueueName, queues, resourceName, type StageConfig } from '../config.ts'

export interface WorkQueueProps {
  readonly stage: StageConfig
  readonly name: QueueName
}

/** A queue with its dead-letter queue. A message may be tried again only after six timeouts of its worker, and what a batch waits. */
export class WorkQueue extends Construct {
  readonly name: QueueName
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { stage, name }: WorkQueueProps) {
    super(scope, id)
    const { workerTimeout, batchWindow, maxReceiveCount } = queues[name]
    this.name = name
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: resourceName(stage, `${name}-dlq`),
      ...deadLetterSettings,
    })
    this.queue = new Queue(this, 'Queue', {
      queueName: resourceName(stage, name),
      visibilityTimeout: Duration.seconds(6 * workerTimeout.toSeconds() + (batchWindow?.toSeconds() ?? 0)),
      retentionPeriod: Duration.days(4),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    })
  }
}

/** As long as SQS keeps anything: time for a person to look. */
export const deadLetterSettings = {
  retentionPeriod: Duration.days(14),
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
} as const
