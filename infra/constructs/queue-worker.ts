import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Construct } from 'constructs'
import { queues, type StageConfig } from '../config.ts'
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
    const { workerTimeout, batchSize } = queues[source.name]
    super(scope, id, { ...props, timeout: workerTimeout })
    this.fn.addEventSource(
      new SqsEventSource(source.queue, {
        batchSize,
        maxConcurrency: concurrencyOf(props.stage, source),
        reportBatchItemFailures: true,
      }),
    )
    props.alarms.watchQueue(source)
  }
}

const concurrencyOf = (stage: StageConfig, { name }: WorkQueue) => stage.maxConcurrency[name]
