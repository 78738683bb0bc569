import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { createJobQueue, type JobQueue } from '../../aws/job-queue.ts'
import { createQueueWorker } from '../../aws/queue-worker.ts'
import type { OutboxRelay } from '../../outbox.ts'
import type { Dispatcher } from './dispatch.ts'
import { createResultHandler, type ResultDependencies } from './results.ts'

export interface ResultsWorkerDependencies extends ResultDependencies {
  readonly queueUrl: string
  readonly queue?: Pick<JobQueue, 'hide'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly dispatcher: Pick<Dispatcher, 'dispatchSoon'>
}

/** Takes a batch of results, and then hands over once what is next at their endpoints. */
export function createResultsWorker({
  queueUrl,
  queue = createJobQueue(queueUrl),
  relay,
  dispatcher,
  ...dependencies
}: ResultsWorkerDependencies) {
  const handle = createResultHandler(dependencies)

  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const endpoints = new Set<string>()
    let hasNews = false
    const work = createQueueWorker({
      queueUrl,
      queue,
      handleMessage: async (body) => {
        const settled = await handle(body)
        if (!settled) return
        endpoints.add(settled.endpoint_id)
        hasNews ||= settled.has_news
      },
    })
    const response = await work(event)
    if (hasNews) await relay.flushSoon()
    if (endpoints.size > 0) await dispatcher.dispatchSoon({ endpoint_ids: [...endpoints] })
    return response
  }
}
