import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { Agent, request } from 'undici'
import { createFieldCipher } from '../../../lib/auth/field-cipher.ts'
import { largestBatch } from '../../../lib/aws/job-queue.ts'
import { createQueueWorker } from '../../../lib/aws/queue-worker.ts'
import { makeSecret } from '../../../lib/webhooks/endpoints/secrets.ts'
import { sealMessage } from '../../../lib/webhooks/message.ts'
import { createPost } from '../../../lib/webhooks/sending/attempt.ts'
import { createSender } from '../../../lib/webhooks/sending/sender.ts'
import type { Progress } from '../progress.ts'
import type { Figure } from '../table.ts'
import { startReceivers } from './receivers.ts'

const body = JSON.stringify({ filler: 'a'.repeat(1_000) })
const tlsAddress = '127.88.44.3'
const host = 'hooks.receivers.example'

interface Case {
  readonly name: string
  readonly answerAfterMs: number
  readonly isTls: boolean
}

const cases: readonly Case[] = [
  { name: 'http, answered at once', answerAfterMs: 0, isTls: false },
  { name: 'https, answered at once', answerAfterMs: 0, isTls: true },
  { name: 'https, answered after 50 ms', answerAfterMs: 50, isTls: true },
  { name: 'https, answered after 200 ms', answerAfterMs: 200, isTls: true },
]

/**
 * Deliveries a second of one environment of the sender, which is given batch after batch of ten: opened, signed, vetted,
 * each over a connection of its own. Against bare requests of the same client, ten at a time too, over connections that
 * are kept: what it costs not to keep them is in that, with everything else.
 */
export async function measureThroughput(count: number, { step }: Progress): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const one of cases) {
    const total = one.answerAfterMs === 0 ? count : Math.min(count, Math.ceil(20_000 / one.answerAfterMs))
    const receivers = await startReceivers({
      answerAfterMs: [one.answerAfterMs],
      ...(one.isTls && { tlsAddress }),
    })
    try {
      const url = one.isTls ? `https://${host}:8443/hooks` : receivers.urls[0]!
      const ours = await step(`ours: ${one.name}`, total, (tell) => sendAll(url, total, tell))
      const bare = await step('bare', total, (tell) => sendBare(url, total, tell))
      figures.push({ name: one.name, ours, against: bare, unit: 'a second', compare: 'ratio' })
    } finally {
      await receivers.stop()
    }
  }
  return figures
}

const readAuthority = () => readFile('test/support/tls/receivers-ca.pem', 'utf8')

async function sendAll(url: string, count: number, tell: (done: number) => void): Promise<number> {
  const keys = new Map([['bench', randomBytes(32)]])
  const cipher = createFieldCipher({ loadKeys: async () => ({ kid: 'bench', keys }) })
  let succeeded = 0
  const handle = createQueueWorker({
    queueUrl: 'webhooks',
    queue: { hide: async () => {} },
    handleMessage: createSender({
      cipher,
      post: createPost({
        resolve: async () => [tlsAddress],
        allowLocal: true,
        isAllowed: () => true,
        ca: await readAuthority(),
      }),
      results: {
        async send(messages) {
          succeeded += messages.filter(({ body }) => JSON.parse(body).error === null).length
          return messages.map(({ id }) => id)
        },
      },
    }),
  })
  const secrets = [makeSecret()]
  const not_after = new Date(Date.now() + 3_600_000).toISOString()
  const bodies = await Promise.all(
    Array.from({ length: count }, () =>
      sealMessage(cipher, {
        delivery_id: randomUUID(),
        attempt: 1,
        event_id: randomUUID(),
        url,
        body,
        headers: {},
        secrets,
        not_after,
      }),
    ),
  )
  const began = performance.now()
  for (let first = 0; first < count; first += largestBatch) {
    const batch = bodies.slice(first, first + largestBatch)
    await handle({ Records: batch.map(toRecord) } as SQSEvent)
    tell(batch.length)
  }
  const seconds = (performance.now() - began) / 1_000
  if (succeeded !== count) throw new Error(`${succeeded} of ${count} webhooks were delivered to ${url}`)
  return count / seconds
}

const toRecord = (body: string, at: number) =>
  ({
    messageId: String(at),
    receiptHandle: String(at),
    body,
    attributes: { ApproximateReceiveCount: '1' },
  }) as SQSRecord

async function sendBare(url: string, count: number, tell: (done: number) => void): Promise<number> {
  const dispatcher = new Agent({
    connect: {
      ca: await readAuthority(),
      lookup: (_, { all }, callback) => {
        if (all) callback(null, [{ address: tlsAddress, family: 4 }])
        else callback(null, tlsAddress, 4)
      },
    },
  })
  const send = async () => {
    const answer = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': randomUUID() },
      body,
    })
    await answer.body.dump()
  }
  const began = performance.now()
  for (let first = 0; first < count; first += largestBatch) {
    const size = Math.min(largestBatch, count - first)
    await Promise.all(Array.from({ length: size }, send))
    tell(size)
  }
  const seconds = (performance.now() - began) / 1_000
  await dispatcher.close()
  return count / seconds
}
