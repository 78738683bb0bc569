import { addToOutbox } from '../../../lib/outbox.ts'
import { addSomeone, addTrack } from '../../support/world.ts'
import type { Progress } from '../progress.ts'
import type { Figure } from '../table.ts'
import { quantile } from './quantile.ts'
import { absoluteNow, startReceivers } from './receivers.ts'
import type { Stage } from './stage.ts'

const warmUps = 20

/**
 * From the moment at which a commit is confirmed until the webhook has come to its receiver: outbox, relay, events
 * queue, publisher, fan-out, dispatch, queue, sender. Against what is left without all of these: a commit, and a bare
 * request of the same size.
 */
export async function measureFirstAttempt(
  stage: Stage,
  count: number,
  { step }: Progress,
): Promise<Figure[]> {
  const receivers = await startReceivers({ answerAfterMs: [0, 0] })
  try {
    const [hooked, bare] = receivers.urls as [string, string]
    const { id } = await addSomeone(stage.sql)
    await stage.addEndpoint(id, hooked)
    const ours: number[] = []
    const against: number[] = []
    await step('first attempts', count + warmUps, async (tell) => {
      for (let at = 0; at < count + warmUps; at++) {
        const one = await timeWebhook(stage, receivers, id)
        const other = await timeBare(stage, receivers, bare)
        if (at >= warmUps) {
          ours.push(one)
          against.push(other)
        }
        tell(1)
      }
    })
    return [0.5, 0.99].map((share) => ({
      name: `p${share * 100} of ${count}, one at a time`,
      ours: quantile(ours, share),
      against: quantile(against, share),
      unit: 'ms',
      compare: 'ratio',
    }))
  } finally {
    await receivers.stop()
  }
}

type Receivers = Awaited<ReturnType<typeof startReceivers>>

async function timeWebhook({ sql, relay }: Stage, receivers: Receivers, accountId: string) {
  const track_id = await addTrack(sql, accountId)
  const before = receivers.arrivals.length
  await sql.begin((tx) => addToOutbox(tx, 'track.created', { track_id }))
  const committed = absoluteNow()
  await relay.flushSoon()
  while (receivers.arrivals.length === before) await new Promise((resume) => setTimeout(resume, 1))
  return receivers.arrivals.at(-1)!.at - committed
}

async function timeBare({ sql }: Stage, receivers: Receivers, url: string) {
  await sql.begin((tx) => tx`select 1`)
  const began = absoluteNow()
  const id = String(began)
  const arriving = receivers.next(id)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'webhook-id': id, 'content-type': 'application/json' },
    body: JSON.stringify({ filler: 'a'.repeat(1_000) }),
  })
  await response.arrayBuffer()
  return (await arriving).at - began
}
