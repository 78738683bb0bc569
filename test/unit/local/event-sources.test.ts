import { setTimeout as sleep } from 'node:timers/promises'
import type { QueueMessage } from '../../../infra/local/aws/sqs.ts'
import { type EventSources, startEventSources } from '../../../infra/local/event-sources.ts'
import type { Outcome } from '../../../infra/local/lambda/outcome.ts'
import type { Logger } from '../../../infra/local/log.ts'
import { createTemplate } from '../../../infra/local/template.ts'

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:scan'
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }

const message = (id: string): QueueMessage => ({
  messageId: id,
  receiptHandle: `receipt-${id}`,
  body: `body-${id}`,
  md5OfBody: '',
  attributes: { ApproximateReceiveCount: '1' },
  messageAttributes: {},
})

let sources: EventSources | undefined
afterEach(async () => {
  await sources?.stop()
  sources = undefined
})

interface Invocation {
  readonly ids: string[]
  readonly event: { readonly Records: readonly Record<string, unknown>[] }
}

/** A mapping over a queue that holds these messages, and a function that answers so. */
function start(options: {
  readonly ids: readonly string[]
  readonly answer?: (ids: string[]) => Outcome | Promise<Outcome>
  readonly mapping?: object
  readonly allowed?: () => boolean
}) {
  const ready = options.ids.map(message)
  const deleted: string[] = []
  const shown: string[] = []
  const invocations: Invocation[] = []
  const mapping = {
    EventSourceArn: queueArn,
    FunctionName: 'veza-local-scan-worker',
    BatchSize: 2,
    ScalingConfig: { MaximumConcurrency: 2 },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...options.mapping,
  }
  sources = startEventSources({
    template: createTemplate(
      new Map([
        ['App', { Resources: { M: { Type: 'AWS::Lambda::EventSourceMapping', Properties: mapping } } }],
      ]),
      {},
    ),
    queues: {
      async receive(_queue, { max, waitMs, signal }) {
        if (ready.length === 0)
          await sleep(Math.min(waitMs, 50), undefined, { signal }).catch(() => undefined)
        return ready.splice(0, max)
      },
      delete: (_queue, receipts) => void deleted.push(...receipts),
      changeVisibility: (_queue, receipt) => void shown.push(receipt),
    },
    async invoke(_target, payload) {
      const event = JSON.parse(payload)
      const ids = event.Records.map(({ messageId }: { messageId: string }) => messageId)
      invocations.push({ ids, event })
      return options.answer?.(ids) ?? done([])
    },
    authorize: async () => ({ allowed: options.allowed?.() ?? true }),
    logger: quiet,
    refusedRetryMs: 10,
  })
  return { ready, deleted, shown, invocations }
}

const done = (failed: readonly unknown[]): Outcome => ({
  payload: JSON.stringify({ batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }),
  requestId: 'r',
})
const failure: Outcome = { payload: '{"errorType":"Error"}', functionError: 'Unhandled', requestId: 'r' }

test('gives batches to the function and deletes what it has handled', async () => {
  const { invocations, deleted } = start({ ids: ['a', 'b', 'c'] })

  await sleep(50)

  expect(invocations.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']])
  expect(deleted.sort()).toEqual(['receipt-a', 'receipt-b', 'receipt-c'])
  expect(invocations[0]?.event.Records[0]).toEqual({
    ...message('a'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: 'us-east-1',
  })
})

test.each([
  { name: 'one that is reported', answer: done(['a']), deleted: ['receipt-b'] },
  { name: 'all when the function throws', answer: failure, deleted: [] },
  { name: 'all when an empty id is reported', answer: done(['']), deleted: [] },
  { name: 'all when an id is reported that was not sent', answer: done(['z']), deleted: [] },
  {
    name: 'none when nothing is answered',
    answer: { payload: 'null', requestId: 'r' },
    deleted: ['receipt-a', 'receipt-b'],
  },
])('leaves $name on the queue', async ({ answer, deleted: expected }) => {
  const { deleted, shown } = start({ ids: ['a', 'b'], answer: () => answer })

  await sleep(50)

  expect(deleted).toEqual(expected)
  expect(shown).toEqual([])
})

test('believes no report where the mapping asks for none', async () => {
  const { deleted } = start({ ids: ['a'], answer: () => done(['a']), mapping: { FunctionResponseTypes: [] } })

  await sleep(50)

  expect(deleted).toEqual(['receipt-a'])
})

test('runs no more batches at once than the mapping allows', async () => {
  let running = 0
  let most = 0
  const { invocations } = start({
    ids: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
    answer: async () => {
      most = Math.max(most, ++running)
      await sleep(30)
      running -= 1
      return done([])
    },
  })

  await sleep(150)

  expect(invocations).toHaveLength(4)
  expect(most).toBe(2)
})

test('waits for a batch to fill as long as its window is', async () => {
  const { ready, invocations } = start({
    ids: ['a'],
    mapping: { MaximumBatchingWindowInSeconds: 1, ScalingConfig: { MaximumConcurrency: 1 } },
  })

  await sleep(20)
  ready.push(message('b'))
  await sleep(100)

  expect(invocations.map(({ ids }) => ids)).toEqual([['a', 'b']])
})

test('takes nothing without the grant, and begins once it is there', async () => {
  let allowed = false
  const { invocations } = start({ ids: ['a'], allowed: () => allowed })

  await sleep(50)
  expect(invocations).toEqual([])

  allowed = true
  await sleep(100)
  expect(invocations).toHaveLength(1)
})

test('shows again what was being handled when the platform stops', async () => {
  const { shown, deleted } = start({ ids: ['a'], answer: () => sleep(50, failure) })

  await sleep(20)
  await sources?.stop()

  expect(shown).toEqual(['receipt-a'])
  expect(deleted).toEqual([])
})

test.each([
  ['a source that is no queue', { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/x' }],
  ['a filter', { FilterCriteria: { Filters: [] } }],
])('refuses %s, which would not do here what it does there', (_name, mapping) => {
  expect(() => start({ ids: [], mapping })).toThrow(/App\.M: /)
})
