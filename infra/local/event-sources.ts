import { setTimeout as sleep } from 'node:timers/promises'
import type { SQSBatchResponse } from 'aws-lambda'
import type { QueueMessage, Queues } from './aws/sqs.ts'
import type { Outcome } from './lambda/outcome.ts'
import type { Logger } from './log.ts'
import { REGION, type Resource, type Template } from './template.ts'

export interface EventSourceOptions {
  readonly template: Pick<Template, 'ofType'>
  readonly queues: Pick<Queues, 'receive' | 'delete' | 'changeVisibility'>
  readonly invoke: (target: string, payload: string) => Promise<Outcome>
  /** Whether the function's role lets Lambda take messages in its name. */
  readonly authorize: (principal: string, action: string, resource: string) => Promise<{ allowed: boolean }>
  readonly logger: Logger
  readonly refusedRetryMs?: number
}

export interface EventSources {
  /** Takes no more; what was being handled is visible again at once, as nobody will come back to it. */
  stop(): Promise<void>
}

/** `AWS::Lambda::EventSourceMapping` of an SQS queue, as far as our template uses it. */
interface Mapping {
  readonly queueArn: string
  readonly target: string
  readonly batchSize: number
  readonly windowMs: number
  readonly concurrency: number
  readonly reportsFailures: boolean
}

const NEEDED_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']
const LONG_POLL_MS = 20_000
/** What Lambda starts with where the mapping does not say. */
const DEFAULT_CONCURRENCY = 5
const MAX_CONCURRENCY = 10

/** Lambda's pollers: every mapping of the template takes batches and gives them to its function. */
export function startEventSources(options: EventSourceOptions): EventSources {
  const { queues, invoke, logger, refusedRetryMs = 5_000 } = options
  const stopping = new AbortController()
  const { signal } = stopping

  async function poll(mapping: Mapping): Promise<void> {
    await permission(mapping)
    while (!signal.aborted) {
      const messages = await receiveBatch(mapping)
      if (messages.length > 0) await handle(mapping, messages)
    }
  }

  /** A missing grant stops the mapping, not the platform; it goes on as soon as the grant is there. */
  async function permission({ target, queueArn }: Mapping): Promise<void> {
    while (!signal.aborted) {
      const decisions = await Promise.all(
        NEEDED_ACTIONS.map((action) => options.authorize(target, action, queueArn)),
      )
      const refused = NEEDED_ACTIONS.filter((_, at) => !decisions[at]?.allowed)
      if (refused.length === 0) return
      logger.error(`${target} gets nothing from ${queueArn}: its role does not allow ${refused.join(', ')}`)
      await sleep(refusedRetryMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async function receiveBatch({ queueArn, batchSize, windowMs }: Mapping): Promise<QueueMessage[]> {
    const receive = (max: number, waitMs: number) =>
      queues.receive(queueArn, { max: Math.min(max, 10), waitMs, signal })
    const batch = await receive(batchSize, LONG_POLL_MS)
    const closesAt = Date.now() + windowMs
    while (batch.length > 0 && batch.length < batchSize && Date.now() < closesAt && !signal.aborted) {
      batch.push(...(await receive(batchSize - batch.length, closesAt - Date.now())))
    }
    return batch
  }

  async function handle(mapping: Mapping, messages: readonly QueueMessage[]): Promise<void> {
    const event = { Records: messages.map((message) => toRecord(mapping, message)) }
    const outcome = await invoke(mapping.target, JSON.stringify(event))
    const failed = failedIds(mapping, messages, outcome)
    const [left, done] = partition(messages, ({ messageId }) => failed.has(messageId))
    queues.delete(
      mapping.queueArn,
      done.map(({ receiptHandle }) => receiptHandle),
    )
    if (left.length === 0) return
    logger.warn(`${mapping.target} left ${left.length} of ${messages.length} messages on ${mapping.queueArn}`)
    if (signal.aborted)
      for (const { receiptHandle } of left) queues.changeVisibility(mapping.queueArn, receiptHandle, 0)
  }

  const pollers = options.template
    .ofType('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties.Enabled !== false)
    .map(toMapping)
    .flatMap((mapping) => Array.from({ length: mapping.concurrency }, () => mapping))
    .map((mapping) =>
      poll(mapping).catch((error: Error) =>
        logger.error(`${mapping.target} is no longer fed: ${error.stack}`),
      ),
    )

  return {
    async stop() {
      stopping.abort()
      await Promise.all(pollers)
    },
  }
}

function toMapping({ key, properties }: Resource): Mapping {
  const queueArn = String(properties.EventSourceArn)
  if (!queueArn.startsWith('arn:aws:sqs:'))
    throw new Error(`${key}: only queues feed functions here, not ${queueArn}`)
  if (properties.FilterCriteria) throw new Error(`${key}: event filters do not run here`)
  const scaling = properties.ScalingConfig as { MaximumConcurrency?: number } | undefined
  return {
    queueArn,
    target: String(properties.FunctionName),
    batchSize: Number(properties.BatchSize ?? 10),
    windowMs: Number(properties.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    concurrency: Math.min(scaling?.MaximumConcurrency ?? DEFAULT_CONCURRENCY, MAX_CONCURRENCY),
    reportsFailures: ((properties.FunctionResponseTypes ?? []) as string[]).includes(
      'ReportBatchItemFailures',
    ),
  }
}

const toRecord = ({ queueArn }: Mapping, message: QueueMessage) => ({
  ...message,
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: REGION,
})

/** An error fails the whole batch, and so does an answer that names no message or one that was not in it. */
function failedIds(
  mapping: Mapping,
  messages: readonly QueueMessage[],
  outcome: Outcome,
): ReadonlySet<string> {
  const all = new Set(messages.map(({ messageId }) => messageId))
  if (outcome.functionError) return all
  if (!mapping.reportsFailures) return new Set()
  const answer: Partial<SQSBatchResponse> | null = JSON.parse(outcome.payload)
  const failures = answer?.batchItemFailures ?? []
  if (!Array.isArray(failures)) return all
  const ids = failures.map(({ itemIdentifier }) => itemIdentifier)
  return ids.every((id) => all.has(id)) ? new Set(ids) : all
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
