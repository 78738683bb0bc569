import { randomUUID } from 'node:crypto'
import type { SQSRecord } from 'aws-lambda'
import { createQueueWorker, stepRetryDelays } from '../../lib/aws/queue-worker.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createTaskRunner } from '../../lib/schedule/run-task.ts'
import { createTasks } from '../../lib/schedule/tasks.ts'
import { later, minuteMs } from '../../lib/time.ts'
import { type PipelineClamd, type PipelineParts, workers } from './pipeline-workers.ts'
import { createSteps, type Life, type Steps } from './steps.ts'
import { createBuckets } from './tracks.ts'

export type QueueName = 'scan' | 'metadata' | 'analysis' | 'events' | 'callbacks'

export interface Message {
  readonly queue: QueueName
  readonly body: string
  readonly tries: number
  readonly due: Date
}

/** As in infra/config.ts; what the stream server asks of us it asks until it is answered. */
const mostTries: Readonly<Record<QueueName, number>> = {
  scan: 4,
  metadata: 4,
  analysis: 5,
  events: 8,
  callbacks: 100,
}
const retryDelays = { scan: stepRetryDelays, metadata: stepRetryDelays } as const

export interface PipelineOptions {
  readonly steps?: Steps
  readonly clamd: PipelineClamd
  /** Which of what is due comes next; the first one where nobody says. */
  readonly choose?: (count: number) => number
  /** How often each message is delivered. */
  readonly copies?: number
}

/** The tasks that keep an upload going. */
const tasks = ['watch-uploads', 'prepare-streams', 'analyse-versions', 'expire-images', 'purge-tracks']

/** The media pipeline with its queues and buckets in memory, and a clock that goes on while nothing else does. */
export function createPipeline(sql: Sql, options: PipelineOptions) {
  const { steps = createSteps(), clamd, choose = () => 0, copies = 1 } = options
  let at = new Date()
  const now = () => at
  const messages: Message[] = []
  const deadLetters: Message[] = []
  const acts: (() => Promise<unknown>)[] = []
  const send = (queue: QueueName, body: unknown) => {
    const message = { queue, body: JSON.stringify(body), tries: 0, due: at }
    for (let copy = 0; copy < copies; copy++) messages.push(message)
  }
  const buckets = createBuckets()
  const prepared = new Set<string>()
  /** Who was written to, of which version. */
  const letters = new Set<string>()
  const parts: PipelineParts = {
    sql,
    mailer: {
      sendVersionWithdrawn: async ({ user_id, version_id }) => void letters.add(`${user_id} ${version_id}`),
    },
    ...buckets,
    clamd,
    now,
    send,
    streamServer: {
      prepare: async (job) => {
        prepared.add(job.job_id)
        send('callbacks', job)
      },
    },
  }

  /** One message to a worker of its own, which may not live to answer. */
  async function deliver(message: Message) {
    const life = steps.live(message.queue)
    let hidden: number | undefined
    const hide = async (_receipt: string, seconds: number) => {
      hidden = seconds
    }
    const worker = createQueueWorker({
      queueUrl: '',
      queue: life.watch('queue', { hide }),
      ...workers[message.queue](life, parts),
      ...(message.queue in retryDelays && { retryDelays: retryDelays.scan }),
    })
    const tries = message.tries + 1
    const { batchItemFailures } = await worker({ Records: [toRecord(message, tries)] })
    if (batchItemFailures.length === 0 && !life.isOver()) return
    const failed = { ...message, tries, due: later(at, (hidden ?? 60) * 1_000) }
    if (tries >= mostTries[message.queue]) deadLetters.push(failed)
    else messages.push(failed)
  }

  async function relay() {
    const life = steps.live('outbox-relay')
    await workers.relay(life, parts).catch(() => {})
  }

  async function runTasks() {
    const run = createTaskRunner({ tasks: createTasks(taskParts(steps.live('scheduler'), parts)), now })
    for (const task of tasks) await run({ task }, () => true).catch(() => {})
  }

  /** Delivers what is due, and lets time pass while nothing is, until nothing is left to be done. */
  async function settle(isAtRest: () => Promise<boolean>) {
    for (let idle = 0; idle < 300; ) {
      await relay()
      const due = messages.filter((message) => message.due <= at)
      const chosen = choose(due.length + acts.length)
      const next = due[chosen]
      if (next) messages.splice(messages.indexOf(next), 1)
      const act = next ? () => deliver(next) : acts.splice(chosen - due.length, 1)[0]
      if (act) {
        await act()
        continue
      }
      if (messages.length === 0 && (await isAtRest())) return
      at = later(at, minuteMs)
      if (idle++ % 5 === 0) await runTasks()
    }
    throw new Error(`It does not come to rest: ${JSON.stringify(messages)}`)
  }

  return {
    ...buckets,
    now,
    send,
    settle,
    messages,
    /** What people do meanwhile, at any time and in any order. */
    acts,
    deadLetters,
    prepared,
    letters,
    pass: (minutes: number) => {
      at = later(at, minutes * minuteMs)
    },
  }
}

export type Pipeline = ReturnType<typeof createPipeline>

const toRecord = ({ body }: Message, tries: number) =>
  ({
    messageId: randomUUID(),
    receiptHandle: 'receipt',
    body,
    attributes: { ApproximateReceiveCount: String(tries) },
  }) as SQSRecord

const taskParts = (life: Life, { sql, media, uploads }: PipelineParts) => ({
  sql: life.watchSql(sql),
  definitions: { read: async () => undefined },
  scanQueue: { send: async () => [] },
  stripeQueue: { send: async () => [] },
  webhookQueue: { send: async () => [] },
  loadWebhookKeys: () => Promise.reject(new Error('No webhook is sent here')),
  rescan: { days: 14, perMinute: 0 },
  loadFieldKeys: () => Promise.reject(new Error('Nothing is sealed here')),
  media: life.watch('media', media),
  uploads: life.watch('uploads', uploads),
  exportStore: media,
})
