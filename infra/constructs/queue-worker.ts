import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { queues } from '../config.ts'
import { ServiceFunction, type ServiceFunctionProps } from './service-function.ts'
import type { WorkQueue } from './work-queue.ts'

export type QueueWorkerProps = Omit<ServiceFunctionProps, 'timeout'> & {
  readonly queue: WorkQueue
}

/**
 * A function that works off one queue and reports failures message by message. The event source's own limit
 * holds it back under load: a function out of reserved concurrency would spend the messages' receives instead.
 */
export class QueueWorker extends ServiceFunction {
  constructor(scope: Construct, id: string, { queue: source, ...props }: QueueWorkerProps) {
    const { workerTimeout, batchSize, batchWindow } = queues[source.name]
    super(scope, id, { ...props, timeout: workerTimeout })
    const { queueArn } = source.queue
    this.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], queueArn)
    // The worker itself sets when a message that failed comes back.
    this.allow(['sqs:ChangeMessageVisibility'], queueArn)
    const mapping = new EventSourceMapping(this, 'Source', {
      target: this.fn,
      eventSourceArn: queueArn,
      batchSize,
      ...(batchWindow && { maxBatchingWindow: batchWindow }),
      maxConcurrency: props.stage.maxConcurrency[source.name],
      reportBatchItemFailures: true,
    })
    // Lambda tries the queue with the role when the mapping is made.
    mapping.node.addDependency(this.role)
    props.alarms.watchQueue(source)
  }
}
