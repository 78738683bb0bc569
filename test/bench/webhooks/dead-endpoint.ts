import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from '../../../lib/db/client.ts'
import { addToOutbox } from '../../../lib/outbox.ts'
import { addSomeone, addTrack } from '../../support/world.ts'
import type { Progress } from '../progress.ts'
import type { Figure } from '../table.ts'
import { quantile } from './quantile.ts'
import { absoluteNow, startReceivers } from './receivers.ts'
import { type Stage, startStage } from './stage.ts'

export interface DeadSettings {
  readonly connections: readonly Sql[]
  readonly seconds: number
  readonly eventsPerSecond: number
}

const endpoints = 10
const answerAfterMs = 20

/** On the local platform, and where it is deployed. */
const environments = [10, 50]

type Course = 'all alive' | 'one dies' | 'one is dead'

/**
 * An account with ten endpoints, each of which wants every event. Nine of them answer after 20 ms; the tenth as well, or
 * it never does: from the first event on, or since long ago. How long an event takes to the nine, p99.
 */
export async function measureDeadEndpoint(settings: DeadSettings, progress: Progress): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const senders of environments) {
    const alive = await run(settings, senders, 'all alive', progress)
    for (const course of ['one dies', 'one is dead'] as const) {
      const ours = await run(settings, senders, course, progress)
      const shared = { unit: 'ms', compare: 'ratio' } as const
      figures.push(
        {
          name: `${senders} environments, ${course}: p50 of the nine`,
          ours: quantile(ours, 0.5),
          against: quantile(alive, 0.5),
          ...shared,
        },
        {
          name: `${senders} environments, ${course}: p99 of the nine`,
          ours: quantile(ours, 0.99),
          against: quantile(alive, 0.99),
          ...shared,
          goal: 1.2,
        },
      )
    }
  }
  return figures
}

async function run(
  { connections, seconds, eventsPerSecond }: DeadSettings,
  senders: number,
  course: Course,
  { step }: Progress,
) {
  const hasDead = course !== 'all alive'
  const receivers = await startReceivers({
    answerAfterMs: Array.from({ length: endpoints }, (_, at) => (hasDead && at === 0 ? null : answerAfterMs)),
  })
  const stage = startStage({ connections, senders })
  const count = Math.round(seconds * eventsPerSecond)
  try {
    const tracks = await prepare(stage, receivers.urls, course, count)
    const committedAt = new Map<string, number>()
    await step(`${senders}: ${course}`, count, async (tell) => {
      const began = absoluteNow()
      for (const [at, track_id] of tracks.entries()) {
        await delay(Math.max(0, began + (at * 1_000) / eventsPerSecond - absoluteNow()))
        await stage.sql.begin((tx) => addToOutbox(tx, 'track.created', { track_id }))
        committedAt.set(track_id, absoluteNow())
        await stage.relay.flushSoon()
        tell(1)
      }
      const countArrived = () => receivers.arrivals.filter(({ receiver }) => receiver !== 0).length
      while (countArrived() < count * (endpoints - 1)) await delay(20)
    })
    return await timesOf(stage.sql, receivers.arrivals, committedAt)
  } finally {
    await receivers.stop()
    await stage.stop()
    await stage.sql`update webhook_endpoints set status = 'disabled', disabled_reason = 'owner', disabled_at = now() where status = 'enabled'`
  }
}

async function prepare(stage: Stage, urls: readonly string[], course: Course, count: number) {
  const { sql } = stage
  const { id } = await addSomeone(sql)
  const ids: string[] = []
  for (const url of urls) ids.push(await stage.addEndpoint(id, url))
  if (course === 'one is dead')
    await sql`
      update webhook_endpoints
      set failures_in_row = 5, first_failure_at = now() - interval '1 hour', last_failure_at = now()
      where id = ${ids[0]!}
    `
  return Promise.all(Array.from({ length: count }, () => addTrack(sql, id)))
}

/** Of the first attempt at each of the nine. */
async function timesOf(
  sql: Sql,
  arrivals: readonly { readonly receiver: number; readonly id: string; readonly at: number }[],
  committedAt: ReadonlyMap<string, number>,
): Promise<number[]> {
  const events = await sql<{ id: string; resource_id: string }[]>`
    select id, resource_id from public_events where resource_id = any(${[...committedAt.keys()]}::uuid[])
  `
  const trackOf = new Map(events.map(({ id, resource_id }) => [id, resource_id]))
  const seen = new Set<string>()
  return arrivals.flatMap(({ receiver, id, at }) => {
    const key = `${receiver} ${id}`
    if (receiver === 0 || seen.has(key)) return []
    seen.add(key)
    return [at - committedAt.get(trackOf.get(id)!)!]
  })
}
